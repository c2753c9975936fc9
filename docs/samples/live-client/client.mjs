// Follows one conversation of the hub and prints what is said in it, in order, nothing twice and nothing left out, whatever happens to the connection.
//
//   node client.mjs https://hub.example CONVERSATION            Node 22 or newer, no packages
//
// HUB_TOKEN in the environment is a personal token that may chat:read: Hub.Web token create --person EMAIL --scopes chat:read
//
// What it shows (docs/api.md, "Live"): a topic has a version that goes up by one with each event. Who does not get the next one asks again from what they have, with Watch;
// where the hub cannot tell any more what was missed, it says reload, and the messages are read over HTTP.

const [address, conversation] = process.argv.slice(2);
const token = process.env.HUB_TOKEN;
if (!address || !conversation || !token) {
  console.error('usage: HUB_TOKEN=hub_... node client.mjs ADDRESS CONVERSATION');
  process.exit(2);
}
const topic = `conversation:${conversation}`;
const SILENCE = 40_000;
const END = '\u001e'; // ends each message of SignalR's JSON protocol
let version = -1, sequence = 0; // how far this client has come: the topic's version, and the newest message that it printed

function say(message) {
  if (message.sequence <= sequence) return;
  sequence = message.sequence;
  console.log(`${message.sequence} ${message.author.name}: ${message.text}`);
}

function take(event) {
  version = event.version;
  if (event.name === 'message-posted') say(event.payload);
  else if (event.name === 'message-edited') console.log(`${event.payload.sequence} ${event.payload.author.name} (edited): ${event.payload.text}`);
  else if (event.name === 'message-deleted') console.log(`${event.payload.sequence} ${event.payload.author.name} (deleted)`);
}

function stop(why) {
  console.error(why);
  process.exit(1);
}

/** Ends where the token is refused: a WebSocket that was refused does not say why, so HTTP is asked. Without an answer nothing is known. */
async function allowed() {
  const answer = await fetch(`${address}/api/v1/conversations/${conversation}/messages?limit=1`, { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(10_000) }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) stop(`${answer.status}: the token is not, or no longer, one that may read here`);
}

async function read() {
  for (let more = true; more;) {
    const answer = await fetch(`${address}/api/v1/conversations/${conversation}/messages?afterSequence=${sequence}&limit=200`, { headers: { Authorization: `Bearer ${token}` } });
    if (answer.status === 401 || answer.status === 403) stop(`${answer.status}: the token is not, or no longer, one that may read here`);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const page = await answer.json();
    page.items.forEach(say);
    more = page.next !== null;
  }
}

/** One connection, from its opening to its end. */
function follow() {
  return new Promise((resolve, reject) => {
    // A WebSocket of a browser or of Node has no headers of its own: the token goes in the query, which https hides.
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/hubs/live?access_token=${encodeURIComponent(token)}`);
    const send = message => socket.send(JSON.stringify(message) + END);
    const watch = () => { asked = true; send({ type: 1, invocationId: '1', target: 'Watch', arguments: [topic, version] }); };
    let asked = false, held = [], text = '', opened = false;
    // The hub pings every 15 s: silence is a connection that died without saying so.
    let silence;
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => { socket.close(); done(); }, SILENCE); };
    const done = () => { clearTimeout(silence); resolve(opened); };
    heard();

    async function hear(message) {
      if (message.type === 6) send({ type: 6 }); // a ping, answered so that the hub knows that we are here
      else if (message.type === 7) socket.close();
      else if (message.type === 3 && message.error) throw new Error(message.error);
      else if (message.type === 3) {
        const answer = message.result;
        if (answer.reload || version < 0) await read();
        else answer.events.forEach(take);
        version = answer.version;
        asked = false;
        // What came meanwhile goes on from there, or was in it already.
        for (const event of held.splice(0)) next(event);
        console.error(`following from version ${version}`);
      } else if (message.type === 1 && message.target === 'Event') {
        const [, number, name, payload] = message.arguments;
        if (asked) held.push({ version: number, name, payload });
        else next({ version: number, name, payload });
      } else if (message.type === 1 && message.target === 'Ended') throw new Error('not-found');
    }

    function next(event) {
      if (event.version === version + 1) take(event);
      else if (event.version > version || event.version < 0) { if (!asked) watch(); }
    }

    let before = Promise.resolve();
    socket.onopen = () => { opened = true; send({ protocol: 'json', version: 1 }); };
    socket.onmessage = ({ data }) => {
      heard();
      text += data;
      const whole = text.split(END);
      text = whole.pop();
      for (const one of whole.map(JSON.parse)) {
        // The answer to the handshake has no type: then we begin.
        if (one.type === undefined) { if (one.error) reject(new Error(one.error)); else watch(); }
        else before = before.then(() => hear(one)).catch(e => { reject(e); socket.close(); });
      }
    };
    socket.onclose = done;
    socket.onerror = () => {}; // the end follows
  });
}

for (let pause = 250; ; pause = Math.min(pause * 2, 10_000)) {
  const began = Date.now();
  try {
    if (!await follow()) await allowed();
  } catch (e) {
    const refused = /not-found|forbidden/.exec(e.message);
    if (refused) stop(refused[0]);
    console.error(e.message);
  }
  if (Date.now() - began > 5_000) pause = 250;
  await new Promise(done => setTimeout(done, pause));
}
