// The silo over HTTP: the key, errors as people can read them, and events that go on after a cut.

import { connection } from './connection.js';
import { session } from './session.js';

/** What the silo answered that is no success, or why it could not be asked. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 where the silo was not reached.
   * @param {string} code The stable code, such as `not_found`; `unreachable` where the silo was not reached.
   * @param {string} message What is wrong, and the cure.
   * @param {number | null} [retryAfter] Seconds until asking again makes sense.
   * @param {any} [body] The whole answer, where it was JSON.
   */
  constructor(status, code, message, retryAfter = null, body = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/**
 * @typedef {object} Ask
 * @property {string} [method]
 * @property {Record<string, string | number | boolean | null | undefined>} [query] Those without a value are left out.
 * @property {unknown} [json] Sent as JSON.
 * @property {BodyInit} [body] Sent as it is, with `type`.
 * @property {string} [type]
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 */

/** The address of a path with its query. */
export function address(/** @type {string} */ path, /** @type {Ask['query']} */ query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Asks the silo. Successes are returned as they are; everything else is thrown.
 * @param {string} path Such as `/v1/sweeps`.
 * @param {Ask} [ask]
 * @returns {Promise<Response>}
 */
export async function request(path, ask = {}) {
  const headers = new Headers(ask.headers);
  const key = session.key;
  if (key) headers.set('Authorization', `Bearer ${key}`);
  let body = ask.body;
  if (ask.json !== undefined) {
    headers.set('Content-Type', 'application/json');
    body = JSON.stringify(ask.json);
  } else if (ask.type) {
    headers.set('Content-Type', ask.type);
  }
  let response;
  try {
    response = await fetch(address(path, ask.query), { method: ask.method ?? 'GET', headers, body, signal: ask.signal, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch (error) {
    if (ask.signal?.aborted) throw ask.signal.reason;
    connection.lost();
    throw new ApiError(0, 'unreachable', 'The silo does not answer. It is asked again by itself; what you see is as it was.', null);
  }
  connection.reached();
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) session.refused(problem.message);
  throw problem;
}

/** Asks, and reads the answer as JSON. */
export async function get(/** @type {string} */ path, /** @type {Ask} */ ask = {}) {
  return read(await request(path, ask), ask.signal);
}

/** Sends JSON with POST, and reads the answer as JSON. */
export async function post(/** @type {string} */ path, /** @type {unknown} */ json = undefined, /** @type {Ask} */ ask = {}) {
  return read(await request(path, { ...ask, method: 'POST', json }), ask.signal);
}

/** Sends JSON with PUT, and reads the answer as JSON. */
export async function put(/** @type {string} */ path, /** @type {unknown} */ json, /** @type {Ask} */ ask = {}) {
  return read(await request(path, { ...ask, method: 'PUT', json }), ask.signal);
}

/** Asks with DELETE, and reads the answer as JSON. */
export async function del(/** @type {string} */ path, /** @type {Ask} */ ask = {}) {
  return read(await request(path, { ...ask, method: 'DELETE' }), ask.signal);
}

/**
 * Server-sent events, read with fetch so that the key stands in a header and in no address. After a cut the reading goes on from the last id, by itself, until the server says that there is no
 * more (204, or an event `end`) or the signal is raised.
 * @param {string} path
 * @param {{signal: AbortSignal, lastId?: string}} options
 * @returns {AsyncGenerator<{event: string, id: string, data: any}>}
 */
export async function* events(path, { signal, lastId = '' }) {
  let wait = 1000;
  for (;;) {
    try {
      const response = await request(path, { signal, headers: { Accept: 'text/event-stream', ...(lastId ? { 'Last-Event-ID': lastId } : {}) } });
      if (response.status === 204 || !response.body) return;
      for await (const event of parse(response.body, signal)) {
        wait = 1000;
        if (event.id) lastId = event.id;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status !== 0 && error.status !== 429 && error.status < 500) throw error;
      if (error instanceof ApiError && error.retryAfter) wait = error.retryAfter * 1000;
      if (!(error instanceof ApiError)) connection.lost();
    }
    await connection.wait(wait, signal);
    if (signal.aborted) return;
    wait = Math.min(wait * 2, 15000);
  }
}

/** @param {ReadableStream<Uint8Array>} body @param {AbortSignal} signal */
async function* parse(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      rest += value;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = { event: 'message', id: '', data: /** @type {any} */ (null) };
        let data = '';
        for (const line of block.split('\n')) {
          if (line.startsWith('event: ')) event.event = line.slice(7);
          else if (line.startsWith('id: ')) event.id = line.slice(4);
          else if (line.startsWith('data: ')) data += line.slice(6);
        }
        if (!data) continue;
        event.data = JSON.parse(data);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {Response} response @param {AbortSignal} [signal] */
async function read(response, signal) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    connection.lost();
    throw new ApiError(0, 'unreachable', 'The answer was cut off. It is asked again by itself.', null);
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const wait = Number(response.headers.get('Retry-After'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Something between here and the silo answered.
  }
  const detail = body?.detail ?? body?.error?.message ?? `The answer was ${response.status} ${response.statusText}`.trim() + '.';
  return new ApiError(response.status, body?.code ?? body?.error?.code ?? `http_${response.status}`, retryAfter ? `${detail} (Again in ${retryAfter} s.)` : detail, retryAfter, body);
}
