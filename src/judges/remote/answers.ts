/** Reads a server's answers: chat completions, errors and lists of models. All other fields are ignored. */
import * as v from 'valibot';
import { type AnswerToken, verdictLogps } from './logps';

export interface ChatCompletion {
  /** '' if the model wrote nothing. */
  readonly text: string;
  /** Why the reply ended: `stop`, `length`, `content_filter`, … Null if the server does not say. */
  readonly finish: string | null;
  /** Log-probabilities of the verdicts A and B; null if they cannot be read. */
  readonly logps: { readonly A: number; readonly B: number } | null;
  /** Prompt and completion tokens; null if the server gives no valid numbers. */
  readonly usage: number | null;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const AnswerSchema = v.object({
  choices: v.pipe(
    v.array(v.unknown()),
    v.minLength(1),
    v.transform((choices) => choices[0]),
    v.object({
      message: v.object({
        content: v.nullish(v.union([v.string(), v.array(v.object({ text: v.optional(v.string(), '') }))]), ''),
      }),
      finish_reason: v.fallback(v.nullish(v.string()), null),
      logprobs: v.optional(v.unknown()),
    }),
  ),
  usage: v.optional(v.unknown()),
});

const UsageSchema = v.object({ prompt_tokens: count, completion_tokens: count });

/** Alternatives per token that are read: servers allow at most 20. */
const MOST_ALTERNATIVES = 20;

const logp = v.pipe(v.number(), v.maxValue(1e-3));
const LogprobsSchema = v.object({
  content: v.array(
    v.object({
      token: v.string(),
      logprob: logp,
      top_logprobs: v.array(v.object({ token: v.string(), logprob: logp })),
    }),
  ),
});
/** The format of the older completions API, which some servers still use. */
const OldLogprobsSchema = v.object({
  tokens: v.array(v.string()),
  token_logprobs: v.array(logp),
  top_logprobs: v.array(v.record(v.string(), logp)),
});

/** Null if the body is not a chat completion. */
export function chatCompletionOf(body: unknown): ChatCompletion | null {
  const parsed = v.safeParse(AnswerSchema, body);
  if (!parsed.success) return null;
  const { message, finish_reason, logprobs } = parsed.output.choices;
  const { content } = message;
  const usage = v.safeParse(UsageSchema, parsed.output.usage);
  return {
    text: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
    finish: finish_reason ?? null,
    logps: verdictLogps(tokensOf(logprobs)),
    usage: usage.success ? usage.output.prompt_tokens + usage.output.completion_tokens : null,
  };
}

function tokensOf(logprobs: unknown): readonly AnswerToken[] {
  const parsed = v.safeParse(LogprobsSchema, logprobs);
  if (parsed.success) {
    return parsed.output.content.map(({ token, logprob, top_logprobs }) => {
      const alternatives = top_logprobs.slice(0, MOST_ALTERNATIVES);
      return {
        token,
        alternatives: alternatives.some((each) => each.token === token)
          ? alternatives
          : [...alternatives, { token, logprob }],
      };
    });
  }
  const old = v.safeParse(OldLogprobsSchema, logprobs);
  if (!old.success) return [];
  const { tokens, top_logprobs } = old.output;
  return tokens.map((token, i) => ({
    token,
    alternatives: Object.entries(top_logprobs[i] ?? {})
      .slice(0, MOST_ALTERNATIVES)
      .map(([each, logprob]) => ({ token: each, logprob })),
  }));
}

const ErrorSchema = v.object({
  error: v.union([
    v.string(),
    v.object({ message: v.fallback(v.string(), ''), code: v.optional(v.unknown()), type: v.optional(v.unknown()) }),
  ]),
});
/** The format of vLLM. */
const PlainErrorSchema = v.object({ message: v.string(), object: v.optional(v.string()) });
/** The format of FastAPI. */
const DetailSchema = v.object({ detail: v.string() });

/** An error as the server describes it. It may contain secrets. */
export interface ServerError {
  readonly message: string;
  /** The server's error code or type: `context_length_exceeded`, `content_filter`, …; '' if it gives none. */
  readonly name: string;
  /** An HTTP status in the body; null if there is none. */
  readonly status: number | null;
}

/**
 * The error in a body, also in an answer with status 200: OpenRouter sends such errors once a model has begun. Null if
 * the body is not an error.
 */
export function errorOf(body: unknown): ServerError | null {
  const parsed = v.safeParse(ErrorSchema, body);
  if (parsed.success) {
    const { error } = parsed.output;
    if (typeof error === 'string') return { message: error, name: '', status: null };
    const { message, code, type } = error;
    const status = Number(code);
    const name = [code, type].filter((each) => typeof each === 'string').join(' ');
    return { message, name, status: status >= 400 && status < 600 ? status : null };
  }
  const plain = v.safeParse(v.union([PlainErrorSchema, DetailSchema]), body);
  if (!plain.success || ('object' in plain.output && plain.output.object !== 'error')) return null;
  return { message: 'detail' in plain.output ? plain.output.detail : plain.output.message, name: '', status: null };
}

const MOST_MODELS = 5000;
const ModelsSchema = v.object({ data: v.array(v.unknown()) });
const ModelSchema = v.object({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(256)) });

/** Distinct model names in the server's order; null if the body is not a list of models. */
export function modelsOf(body: unknown): readonly string[] | null {
  const parsed = v.safeParse(ModelsSchema, body);
  if (!parsed.success) return null;
  const names = parsed.output.data.slice(0, MOST_MODELS).flatMap((entry) => {
    const model = v.safeParse(ModelSchema, entry);
    return model.success ? [model.output.id] : [];
  });
  return [...new Set(names)];
}
