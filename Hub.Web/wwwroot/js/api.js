// Calls to /api/v1 from the browser's own modules: adds the antiforgery header, and renews it once when it has aged
// (after a restart with other keys). Every call says for whom this page was made: once somebody else has signed in with this
// browser, the hub answers 401 instead of taking this page's words for theirs.
const person = document.documentElement.dataset.person;
const mine = person ? { 'X-Hub-Person': person } : {};
let token;

async function fresh(signal) {
  const answer = await fetch('/api/v1/antiforgery', { headers: { Accept: 'application/json', ...mine }, signal });
  if (answer.ok) token = (await answer.json()).token;
}

async function once(method, path, body, headers, more) {
  const unsafe = method !== 'GET' && method !== 'HEAD';
  if (unsafe && !token) await fresh(more.signal);
  const all = { Accept: 'application/json', ...mine, ...headers };
  if (unsafe && token) all['X-Hub-Antiforgery'] = token;
  const raw = body instanceof Blob || body instanceof FormData;
  if (body !== undefined && body !== null && !raw) all['Content-Type'] = 'application/json';
  return fetch('/api/v1' + path, {
    method, headers: all, credentials: 'same-origin', redirect: 'manual', ...more,
    body: body === undefined || body === null ? undefined : raw ? body : JSON.stringify(body),
  });
}

/** Sends to /api/v1{path}; gives the Response whatever its status, throws only when the hub cannot be reached. */
export async function send(method, path, body, headers = {}, more = {}) {
  const answer = await once(method, path, body, headers, more);
  if (answer.status !== 400) return answer;
  const problem = await answer.clone().json().catch(() => null);
  if (problem?.code !== 'antiforgery') return answer;
  await fresh(more.signal);
  return once(method, path, body, headers, more);
}

/**
 * Sends bytes to /api/v1{path}; progress is told how many have gone. Gives {status, body, retryAfter} whatever the status, throws when the hub
 * cannot be reached or the signal says so. By XMLHttpRequest, because fetch does not tell how far it is.
 */
export async function sendBytes(method, path, bytes, progress, signal) {
  if (!token) await fresh(signal);
  const once = () => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = answer => { signal.removeEventListener('abort', stop); answer ? done(answer) : fail(new TypeError('network')); };
    signal.throwIfAborted();
    signal.addEventListener('abort', stop);
    request.open(method, '/api/v1' + path);
    for (const [name, value] of Object.entries({ Accept: 'application/json', 'Content-Type': 'application/octet-stream', 'X-Hub-Antiforgery': token, ...mine })) if (value) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = e => progress(e.loaded);
    request.onload = () => end({ status: request.status, body: request.response, retryAfter: Number(request.getResponseHeader('Retry-After')) || 0 });
    request.onerror = request.onabort = request.ontimeout = () => end(null);
    request.send(bytes);
  });
  const answer = await once();
  if (answer.status !== 400 || answer.body?.code !== 'antiforgery') return answer;
  await fresh(signal);
  return once();
}
