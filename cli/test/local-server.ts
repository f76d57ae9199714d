/** Functions that the local test servers share. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts the server on a free port. */
export function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => {
    server.listen(0, () => resolve(server));
  });
}

export function port(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Waits until the response can take more data or is closed. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const on = () => {
      response.off('drain', on).off('close', on);
      resolve();
    };
    response.on('drain', on).on('close', on);
  });
}
