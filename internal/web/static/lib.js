// Shared by the page modules: words, announcements, API calls, page swaps, and the one thing kept
// in memory: the person's own photo, so that "before" never has to come back from the server.
import { Stream, begin, cookieless, forget, headers, offer, token, unveil } from './session.js'
import { passing } from './welcome.js'
export { authorize, headers } from './session.js'

export const words = JSON.parse(document.body.dataset.strings)
export const kept = new Map() // task id -> { url }
export const main = () => document.getElementById('main')
export const lang = () => document.documentElement.lang

export function say(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key] ?? key)
}

export function announce(text) {
  const live = document.getElementById('live')
  live.textContent = ''
  setTimeout(() => { live.textContent = text }, 50)
}

// withLang keeps the language that the address asks for.
export function withLang(address) {
  const wanted = new URLSearchParams(location.search).get('lang')
  if (!wanted) return address
  const url = new URL(address, location.origin)
  url.searchParams.set('lang', wanted)
  return url.pathname + url.search + url.hash
}

// apiURL is the address of an API route for scripts; the server adds the credential.
export const apiURL = (path) => `/${main().dataset.app}/api/v1${path}${path.includes('?') ? '&' : '?'}lang=${lang()}`

// api calls a route. Where the app has to ask something before a person's act, it asks.
export const api = (method, ...rest) => (method === 'GET' ? call(method, ...rest) : passing(() => call(method, ...rest)))

// call is api for what happens beside a person's act: it asks nothing.
export async function call(method, path, body, more = {}) {
  let response
  if (method !== 'GET') await begin()
  try {
    response = await fetch(apiURL(path), {
      method,
      headers: headers({ ...(body ? { 'Content-Type': 'application/json' } : {}), ...more }),
      body: body ? JSON.stringify(body) : undefined,
    })
  } catch {
    throw { code: 'offline', detail: say(navigator.onLine ? 'failed' : 'offline') }
  }
  const answer = await response.json().catch(() => ({}))
  if (response.status === 401) forget()
  if (!response.ok) throw { status: response.status, ...answer }
  return answer
}

// events listens to the events of a task.
export const events = (path) => (cookieless ? new Stream(apiURL(path)) : new EventSource(apiURL(path)))

// explain says what went wrong, and always whether anything left.
export function explain(problem) {
  const parts = [problem.title, problem.detail, ...(problem.errors ?? []).map((e) => e.detail)]
  if (problem.was_sent === true) parts.push(say('maySent'))
  if (problem.was_sent === false) parts.push(say('notSent'))
  const text = parts.filter(Boolean).map((p) => p.replace(/([^.。！？!?])$/u, lang() === 'en' ? '$1.' : '$1。')).join(' ')
  return text || say('failed')
}

export async function load(address) {
  const sent = token()
  return open(await fetch(address, { headers: headers({ Accept: 'text/html' }) }), sent)
}

// open reads a page. One that was asked for with a credential and does not know it means that the
// session is over: this tab forgets it.
async function open(response, sent) {
  const page = new DOMParser().parseFromString(await response.text(), 'text/html'), { dataset } = page.documentElement
  if (sent && sent === token() && dataset.cookieless !== undefined && dataset.session === undefined) forget()
  return { url: response.url, page, rest: await unveil(page) }
}

// download saves what a form is answered with, or shows the page that came in its place.
export async function download(form, button) {
  const fields = new URLSearchParams(new FormData(form, button)), sent = token()
  const response = await fetch(button.formAction, { method: 'POST', body: fields, headers: headers({ Accept: 'text/html' }) })
  if (!response.headers.get('Content-Disposition')) return show(await open(response, sent))
  offer(await response.blob(), button.dataset.file)
}

// submit sends a form of ours without leaving this document, so that what is kept stays.
export async function submit(form, button) {
  const fields = new URLSearchParams(new FormData(form, button)), sent = token()
  return open(await fetch(button?.hasAttribute('formaction') ? button.formAction : form.action, { method: 'POST', body: fields, headers: headers({ Accept: 'text/html' }) }), sent)
}

// show puts the content of a loaded page in place without leaving this document.
export function show({ url, page, rest, hash = '' }) {
  const next = new URL(url)
  next.hash ||= hash
  if (next.href !== location.href) history.pushState(null, '', next)
  document.title = page.title
  document.documentElement.toggleAttribute('data-session', page.documentElement.hasAttribute('data-session'))
  main().replaceWith(document.adoptNode(page.getElementById('main')))
  for (const tab of document.querySelectorAll('nav.tab a')) {
    const twin = page.querySelector(`nav.tab a[href="${CSS.escape(tab.getAttribute('href'))}"]`)
    if (twin?.hasAttribute('aria-current')) tab.setAttribute('aria-current', 'page')
    else tab.removeAttribute('aria-current')
  }
  rest?.()
  scrollTo(0, 0)
  const heading = main().querySelector('h1')
  if (heading) { heading.tabIndex = -1; heading.focus() }
  document.dispatchEvent(new Event('page'))
  if (next.hash) document.getElementById(decodeURIComponent(next.hash.slice(1)))?.scrollIntoView()
}
