"""Makes the three judges of this folder and their expected numbers: python make.py (torch, transformers, onnx, onnxscript, onnxruntime)."""

import json
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

warnings.filterwarnings("ignore")
here = pathlib.Path(__file__).parent
corpus = [
    "What is the capital of France? The capital is Paris, a city on the Seine.",
    "Add 1 and 2. The sum of 1 and 2 is 3, because 1 + 2 = 3.",
    "Name a colour of the sky: it is blue by day, and black by night!",
    "Count the letters of the word spring; there are 6 letters in it.",
    "I do not know the answer. Perhaps 12, perhaps 24, perhaps none.",
]
PAIRS = [
    ("What is the capital of France?", "Paris."),
    ("What is the capital of France?", "The capital is a city, perhaps blue."),
    ("Add 1 and 2.", "3"),
    ("Add 1 and 2.", "The sum of 1 and 2 is 3, because 1 + 2 = 3."),
    ("Name a colour of the sky", "it is blue by day, and black by night!"),
    ("Name a colour of the sky", "I do not know the answer."),
]
LENGTH = 48
SHAPE = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=LENGTH)


def tokenizer(template=None):
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", made.token_to_id("[CLS]")), ("[SEP]", made.token_to_id("[SEP]"))],
    )
    fast = BertTokenizerFast(tokenizer_object=made, model_max_length=LENGTH)
    fast.chat_template = template
    return fast


class Halved(torch.nn.Module):
    """int32 in, float16 out."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids.long(), attention_mask=attention_mask.long()).logits.half()


class Output(torch.nn.Module):
    def __init__(self, model, name):
        super().__init__()
        self.model, self.name = model, name

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[self.name]


def save(name, model, exported, tok, inputs, output):
    folder = here / name
    folder.mkdir(exist_ok=True)
    tok.save_pretrained(folder)
    for unneeded in ["special_tokens_map.json", "vocab.txt"]:
        (folder / unneeded).unlink(missing_ok=True)
    model.config.to_json_file(folder / "config.json")
    names = list(inputs)
    torch.onnx.export(
        exported,
        tuple(inputs.values()),
        folder / "model.onnx",
        input_names=names,
        output_names=[output],
        dynamic_shapes=tuple({0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence")} for _ in names),
        external_data=False,
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    graph = onnx.load(folder / "model.onnx")
    graph.graph.ClearField("metadata_props")
    for node in graph.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in [*graph.graph.value_info, *graph.graph.input, *graph.graph.output]:
        value.ClearField("metadata_props")
    graph.graph.ClearField("value_info")
    onnx.save(graph, folder / "model.onnx")
    return onnxruntime.InferenceSession(folder / "model.onnx")


def rescale(model, seed):
    """Fresh weights say nearly the same of every text: larger ones tell them apart."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.35)
    return model.eval()


expected = {}

# A cross-encoder: a pair of texts, one label.
tok = tokenizer()
size = len(tok)
model = rescale(BertForSequenceClassification(BertConfig(vocab_size=size, num_labels=1, pad_token_id=0, architectures=["BertForSequenceClassification"], **SHAPE)), 1)
batch = tok([a for a, _ in PAIRS], [b for _, b in PAIRS], return_tensors="pt", padding=True)
inputs = {k: batch[k] for k in ["input_ids", "attention_mask", "token_type_ids"]}
session = save("pair", model, Output(model, "logits"), tok, inputs, "logits")
[run] = session.run(None, {k: v.numpy() for k, v in inputs.items()})
logits = model(**inputs).logits.detach().numpy()
assert np.abs(run - logits).max() < 1e-5, np.abs(run - logits).max()
expected["pair"] = [
    dict(instruction=a, response=b, input_ids=tok(a, b)["input_ids"], token_type_ids=tok(a, b)["token_type_ids"], logits=row.tolist())
    for (a, b), row in zip(PAIRS, logits)
]

# A classifier of a conversation: three labels, int32 in, float16 out.
template = "{{ '[CLS]' }}{% for m in messages %}{{ m.content + '[SEP]' }}{% endfor %}"
tok = tokenizer(template)
labels = {0: "bad", 1: "good", 2: "fine"}
model = rescale(BertForSequenceClassification(BertConfig(vocab_size=size, num_labels=3, id2label=labels, pad_token_id=0, architectures=["BertForSequenceClassification"], **SHAPE)), 2)
rows = []
for a, b in PAIRS:
    text = tok.apply_chat_template([{"role": "user", "content": a}, {"role": "assistant", "content": b}], tokenize=False)
    rows.append(tok(text, add_special_tokens=False)["input_ids"])
longest = max(map(len, rows))
ids = torch.tensor([r + [0] * (longest - len(r)) for r in rows], dtype=torch.int32)
mask = torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r in rows], dtype=torch.int32)
inputs = {"input_ids": ids, "attention_mask": mask}
session = save("chat", model, Halved(model).eval(), tok, inputs, "logits")
[run] = session.run(None, {k: v.numpy() for k, v in inputs.items()})
logits = model(input_ids=ids.long(), attention_mask=mask.long()).logits.detach().numpy()
assert run.dtype == np.float16 and np.abs(run - logits).max() < 5e-3, np.abs(run - logits).max()
expected["chat"] = [dict(instruction=a, response=b, input_ids=r, logits=l.tolist()) for (a, b), r, l in zip(PAIRS, rows, logits)]

# An encoder of sentences, averaged over their tokens.
tok = tokenizer()
model = rescale(BertModel(BertConfig(vocab_size=size, pad_token_id=0, architectures=["BertModel"], **SHAPE)), 3)
texts = [b for _, b in PAIRS]
batch = tok(texts, return_tensors="pt", padding=True)
inputs = {k: batch[k] for k in ["input_ids", "attention_mask", "token_type_ids"]}
session = save("embedding", model, Output(model, "last_hidden_state"), tok, inputs, "last_hidden_state")
[run] = session.run(None, {k: v.numpy() for k, v in inputs.items()})
states = model(**inputs).last_hidden_state.detach()
assert np.abs(run - states.numpy()).max() < 1e-5
weights = inputs["attention_mask"][:, :, None].float()
vectors = torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=1)
expected["embedding"] = [dict(text=t, cosines=row.tolist()) for t, row in zip(texts, vectors @ vectors.T)]
folder = here / "embedding"
modules = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
(folder / "modules.json").write_text(json.dumps([dict(idx=int(n), name=n, path=p, type=f"sentence_transformers.models.{t}") for n, p, t in modules], indent=1) + "\n")
(folder / "1_Pooling").mkdir(exist_ok=True)
(folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}) + "\n")

(here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
for name in ["pair", "chat", "embedding"]:
    print(name, (here / name / "model.onnx").stat().st_size)
