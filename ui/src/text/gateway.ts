export const gateway = {
  title: 'Gateway',
  tabs: { service: 'Service', access: 'Access' },
  since: (moment: string) => `since ${moment}`,
  stoppedText: 'No client reaches a model.',
  draining: (left: string) => `${left} still run`,
  restart: 'Restart',
  stop: 'Stop',
  start: 'Start',
  address: 'Address',
  port: 'Port',
  use: (port: number) => `Use ${port}`,
  now: (port: number) => `now ${port}`,
  taken: (port: number, holder: string | null | undefined, free: number | null | undefined) =>
    `${holder ?? 'Another program'} holds port ${port}.${free ? ` ${free} is free.` : ''}`,
  free: (port: number) => `Port ${port} is free.`,
  badPort: 'A port is a number from 1 to 65535.',
  clients: 'Clients will use',
  listen: 'Listen on',
  machine: 'This machine',
  network: 'This network',
  choose: 'Choose…',
  machineHelp: '127.0.0.1 only. Nothing outside this machine reaches it.',
  networkHelp: '0.0.0.0: every device in your networks reaches it, with a client key.',
  networkNoKey: 'Off this machine a client key is needed first, or anyone nearby could use your models.',
  createKey: 'Create a client key',
  chooseHelp: 'The address of one network interface of this machine.',
  interface: 'Address to listen on',
  start_: 'Start',
  withApp: 'Start the gateway with Gatehouse',
  times: 'Time limits',
  timesNote: 'a request that takes longer is ended and logged',
  first: 'First token within',
  firstHelp: 'then the client gets a 504',
  completion: 'Code completion within',
  completionHelp: 'first token; a late completion is worth nothing',
  idle: 'Silence in a stream',
  idleHelp: 'longest pause between two pieces',
  total: 'Whole answer within',
  totalHelp: 'from start to end',
  drain: 'Drain on stop',
  drainHelp: 'then what still runs is cut and logged',
  busy: 'When a model is busy or fails',
  busyNote: 'only before the first byte of an answer',
  retries: 'Try again',
  times_: '×',
  retriesHelp: 'then the fallback, if the feature has one',
  queue: 'Wait in the queue',
  queueHelp: 'for a model that is full; then 503',
  limits: 'Limits',
  atOnce: 'Requests at once',
  most: (most: string) => `most so far ${most}; one more is answered 503`,
  body: 'Largest body',
  bodyHelp: 'a larger one is answered 413',
  callers: 'Who may call',
  hosts: 'Host names',
  hostsHelp: 'Beside localhost, 127.0.0.1 and ::1. Any other name is refused.',
  hostHolder: 'gatehouse.example.org',
  origins: 'Web pages',
  originsHelp: 'Origins as a browser sends them. Empty: no web page may call.',
  originHolder: 'https://ide.example.org',
  add: 'Add',
  remove: (what: string) => `Remove ${what}`,
  range: (from: string, to: string) => `From ${from} to ${to}.`,
  seconds: 's',
  mebibytes: 'MiB',
  changes: {
    move: (from: number, to: number, running: string) =>
      `Port ${from} becomes ${to}. No stop needed${running ? `: ${running} finish on ${from}` : ''}.`,
    saved: (what: string) => `${what}. Running requests are not touched.`,
    stuck: 'Something above must be corrected first.',
    apply: 'Save',
    moveTo: (port: number) => `Move to ${port}`,
    done: 'Saved the gateway settings',
  },
  fields: {
    listen: 'Address',
    start_with_app: 'Start',
    allowed_hosts: 'Host names',
    allowed_origins: 'Web pages',
    max_in_flight: 'Requests at once',
    max_body_bytes: 'Largest body',
    first_byte_timeout: 'First token',
    completion_timeout: 'Code completion',
    idle_timeout: 'Silence',
    total_timeout: 'Whole answer',
    drain_timeout: 'Drain',
    retries: 'Retries',
    queue_timeout: 'Queue',
  },
  reach: {
    title: 'Who can reach it',
    machine: 'This machine',
    free: 'Every program, without a key',
    keyed: 'Every program with a client key',
    others: 'Other devices',
    none: 'None. It does not listen there',
    withKey: 'Each with a client key',
    pages: 'Web pages',
    noPages: 'None. No origin is allowed',
    hosts: 'Host names',
    stopped: 'It is stopped. When it runs:',
  },
  counts: {
    title: 'Since the start',
    accepted: 'Accepted',
    equal: (logged: string) => `= ${logged} logged`,
    unequal: (logged: string) => `≠ ${logged} logged`,
    refused: 'Refused',
    refusedHelp: 'by the guard: host, origin or key',
    hungUp: 'Hung up early',
  },
  connect: {
    title: 'Connect',
    label: 'Client',
    follows: (from: number, to: number) => `The port follows this page: ${from} becomes ${to} on Move.`,
    key: 'Put a client key in place of YOUR_KEY.',
    noKey: 'No client key exists, so any key is accepted.',
    copy: 'Copy',
  },
}

export const access = {
  title: 'Client keys',
  unsaved: 'unsaved',
  showAll: (count: number) => `Show all ${count}`,
  none: 'No client key exists, so every program on this machine may call. As soon as one exists, each call needs a key.',
  some: 'Each call needs one of these keys. Gatehouse keeps only their fingerprints.',
  heads: { name: 'Name', created: 'Created', used: 'Last used' },
  never: 'never',
  create: 'Create a key',
  name: 'Name',
  nameHelp: 'Who will use it, such as gitlab-main. It stands in Logs beside each request.',
  nameEmpty: 'Enter a name.',
  nameTaken: 'Another key has this name.',
  createTitle: 'Create a client key',
  createText: 'The key is shown once, right after this.',
  shownTitle: (name: string) => `The key for ${name}`,
  shownText: 'Copy it now. It is not kept and cannot be shown again.',
  copy: 'Copy the key',
  copied: 'I have it',
  cancel: 'Cancel',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeText: 'Calls with this key are refused from now on. This cannot be undone.',
  revokeLast: 'It is the last one: afterwards every program on this machine may call without a key.',
  revokeAct: 'Revoke key',
  revoked: (name: string) => `Revoked ${name}`,
  ago: (age: string) => `${age} ago`,
  keys: (count: number) => (count === 1 ? '1 key' : `${count} keys`),
}

/** What a client needs, with the live address in it. */
export const snippets = {
  curl: (url: string, key: string, model: string) => `URL=${url}

curl $URL/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${model}",
    "messages": [
      {"role": "user", "content": "Hello"}
    ]
  }'`,
  python: (url: string, key: string, model: string) => `from openai import OpenAI

client = OpenAI(
    base_url="${url}",
    api_key="${key}",
)
answer = client.chat.completions.create(
    model="${model}",
    messages=[
        {"role": "user", "content": "Hello"},
    ],
)
print(answer.choices[0].message.content)`,
  continue: (url: string, key: string, model: string) => `# ~/.continue/config.yaml
models:
  - name: Gatehouse
    provider: openai
    apiBase: ${url}
    apiKey: ${key}
    model: ${model}
    roles: [chat]`,
}
