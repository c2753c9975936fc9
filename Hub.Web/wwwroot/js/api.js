// Calls to /api/v1 from the browser's own modules: adds the antiforgery header, and renews it once when it has aged
// (after signing in elsewhere, or a restart with other keys).
let token;

async function fresh() {
  const answer = await fetch('/api/v1/antiforgery', { headers: { Accept: 'application/json' } });
  if (answer.ok) token = (await answer.json()).token;
}

async function once(method, path, body, headers, more) {
  const unsafe = method !== 'GET' && method !== 'HEAD';
  if (unsafe && !token) await fresh();
  const all = { Accept: 'application/json', ...headers };
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
  await fresh();
  return once(method, path, body, headers, more);
}
