// Who this tab is, for apps without cookies. The token is kept in the tab's own storage, which the
// browser empties when the tab closes, and goes along as a header. Other apps need none of this: their
// cookie is sent by the browser and no script sees it, so here every function does nothing for them.
const root = document.documentElement
const app = root.dataset.cookieless
export const cookieless = app !== undefined
const place = `session-${app}`
const guarded = `/${app}/api/v1/`
let memory = null, pending = null // where the tab's storage is off, the page itself remembers

function held() {
  if (!cookieless) return null
  try { return sessionStorage.getItem(place) ?? memory } catch { return memory }
}

const refusal = 'no_' // stands where a token would, after somebody said to be too young; it goes with the tab

export const refused = () => Boolean(held()?.startsWith(refusal))

export function token() {
  return refused() ? null : held()
}

// keep has the tab know who it is.
export function keep(value) {
  memory = value
  try { sessionStorage.setItem(place, value); memory = null } catch { /* kept in memory */ }
}

export function refuse() {
  if (cookieless) keep(refusal)
}

export function forget() {
  memory = null
  try { sessionStorage.removeItem(place) } catch { /* it was never there */ }
}

// headers adds the credential to the headers of a fetch.
export function headers(more = {}) {
  const own = token()
  return own ? { ...more, Authorization: `Bearer ${own}` } : more
}

// authorize adds the credential to an open XMLHttpRequest.
export function authorize(request) {
  const own = token()
  if (own) request.setRequestHeader('Authorization', `Bearer ${own}`)
}

// begin makes a session at the first act of a person, once.
export async function begin() {
  if (!cookieless || token()) return
  if (refused()) throw { status: 403, code: 'age-not-allowed' }
  pending ??= make().finally(() => { pending = null })
  await pending
}

async function make() {
  const response = await fetch(`${guarded}sessions?lang=${root.lang}`, { method: 'POST' })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw { status: response.status, ...answer }
  keep(answer.access_token)
}

// belongs reports whether an address is a page of this app.
export const belongs = (url) => cookieless && url.origin === location.origin && `${url.pathname}/`.startsWith(`/${app}/`)

// kept back: what the browser would ask for without the credential.
const guards = (address) => new URL(address, location.origin).pathname.startsWith(guarded)
let shown = [] // addresses of blobs of the page before

async function blobOf(address) {
  const response = await fetch(address, { headers: headers() })
  if (!response.ok) throw { status: response.status }
  return URL.createObjectURL(await response.blob())
}

async function fill(el, address) {
  try {
    const url = await blobOf(address)
    shown.push(url)
    el.src = url + new URL(address, location.origin).hash
  } catch { el.dispatchEvent(new Event('error')) }
}

// unveil replaces protected pictures and films of a loaded page that is not shown yet. The ones in sight
// are there when the page is; the returned function fetches the rest once it is shown.
export async function unveil(page) {
  if (!cookieless) return () => {}
  const old = shown
  shown = []
  const now = [], later = []
  for (const el of page.querySelectorAll('main img[src], main video[src]')) {
    const address = el.getAttribute('src')
    if (!guards(address)) continue
    el.removeAttribute('src')
    if (el.localName === 'img' && el.loading !== 'lazy') now.push(fill(el, address))
    else later.push([el, address])
  }
  await Promise.all(now)
  return () => {
    old.forEach((url) => URL.revokeObjectURL(url))
    later.forEach(([el, address]) => fill(el, address))
  }
}

// save downloads a protected file: the link alone would come without the credential.
export async function save(link) { hand(await blobOf(link.href), link.download) }

// offer lets the browser save what is here already.
export const offer = (blob, name) => hand(URL.createObjectURL(blob), name)

function hand(url, name) {
  const twin = document.createElement('a')
  twin.href = url
  twin.download = name
  twin.click()
  setTimeout(() => URL.revokeObjectURL(url), 60000)
}

export const isGuarded = (url) => cookieless && guards(url)

// Stream reads server-sent events with the credential, which EventSource cannot send. It has the parts
// of EventSource that the pages use, and reconnects after the last event it heard.
export class Stream extends EventTarget {
  readyState = 0
  onopen = null
  onerror = null
  #last = ''
  #wait = 1000
  #abort = new AbortController()

  constructor(address) {
    super()
    this.#run(address)
  }

  close() {
    this.readyState = 2
    this.#abort.abort()
  }

  async #run(address) {
    while (this.readyState !== 2) {
      try {
        const more = this.#last ? { 'Last-Event-ID': this.#last } : {}
        const response = await fetch(address, { headers: headers({ Accept: 'text/event-stream', ...more }), signal: this.#abort.signal, cache: 'no-store' })
        if (!response.ok) { this.readyState = 2; this.onerror?.(new Event('error')); return }
        this.readyState = 1
        this.onopen?.(new Event('open'))
        await this.#read(response.body.pipeThrough(new TextDecoderStream()).getReader())
      } catch { /* the connection broke: below */ }
      if (this.readyState === 2) return
      this.readyState = 0
      this.onerror?.(new Event('error'))
      await new Promise((next) => setTimeout(next, this.#wait))
    }
  }

  async #read(reader) {
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const blocks = (rest + value).replaceAll('\r', '').split('\n\n')
      rest = blocks.pop()
      blocks.forEach((block) => this.#tell(block))
    }
  }

  #tell(block) {
    let name = 'message', data = []
    for (const line of block.split('\n')) {
      const [, field, value] = line.match(/^([^:]*):? ?(.*)$/)
      if (field === 'event') name = value
      else if (field === 'data') data.push(value)
      else if (field === 'id') this.#last = value
      else if (field === 'retry' && Number(value) > 0) this.#wait = Number(value)
    }
    if (data.length) this.dispatchEvent(new MessageEvent(name, { data: data.join('\n'), lastEventId: this.#last }))
  }
}
