// Wakes up the module that a page asks for; runs again when a page is swapped in.
import { announce, download, load, main, say, show, submit } from './lib.js'
import { begin, belongs, cookieless, isGuarded, save, token } from './session.js'
import { times } from './times.js'
import { create } from './create.js'
import { task } from './task.js'
import { work } from './work.js'
import { device } from './device.js'
import { chat, holding } from './chat.js'
import { passing, welcome } from './welcome.js'

function wake() {
  times()
  main().querySelectorAll('[data-keep]').forEach((keep) => keep.addEventListener('click', (event) => {
    event.preventDefault()
    const details = keep.closest('details')
    details.open = false
    details.querySelector('summary').focus()
  }))
  main().querySelectorAll('[data-copy]').forEach(copy)
  const page = { create, task, work, device, chat, settings, start, welcome, signin: welcome }[main().dataset.page]
  page?.()
}

// copy puts a text of the page where a person can paste it.
function copy(button) {
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
    announce(say('copied'))
    button.lastChild.textContent = say('copied')
  })
}

function settings() {
  const root = document.documentElement
  document.querySelectorAll('#theme input').forEach((input) => {
    input.checked = input.value === (root.dataset.theme ?? 'auto')
    input.addEventListener('change', () => {
      if (input.value === 'auto') { localStorage.removeItem('theme'); delete root.dataset.theme }
      else { localStorage.setItem('theme', input.value); root.dataset.theme = input.value }
    })
  })
}

// start keeps the strip of the guided tour up to date while somebody looks at it.
function start() {
  const strip = document.getElementById('strip')
  const beat = setInterval(async () => {
    if (!strip?.isConnected) return clearInterval(beat)
    if (document.hidden || strip.contains(document.activeElement)) return
    try {
      const response = await fetch(strip.dataset.url)
      if (!response.ok) return
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      times(page)
      if (page.body.innerHTML.trim() !== strip.innerHTML.trim()) strip.replaceChildren(...page.body.childNodes)
    } catch { /* the next beat tries again */ }
  }, 2000)
}

// Pages of an app without cookies are fetched with the credential and put in place: a page that the
// browser itself asks for cannot say whose it is.
const address = () => location.pathname + location.search
let here = address()

async function go(url, hash = '') {
  try { show({ ...await load(url), hash }) } catch { announce(say('failed')) }
}

function stay() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]')
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return
    const url = new URL(link.href), lang = (u) => u.searchParams.get('lang')
    if (isGuarded(link.href) || (link.hasAttribute('download') && belongs(url))) {
      event.preventDefault()
      save(link).catch(() => announce(say('failed')))
      return
    }
    if (!belongs(url) || lang(url) !== lang(new URL(location.href))) return // another language changes the frame, too
    if (url.hash && url.pathname + url.search === address()) return
    event.preventDefault()
    go(url.pathname + url.search, url.hash)
  })
  document.addEventListener('submit', async (event) => {
    const form = event.target
    if (event.defaultPrevented || form.method !== 'post' || !belongs(new URL(form.action))) return
    event.preventDefault()
    try {
      await passing(begin)
      if (event.submitter?.dataset.file) return await download(form, event.submitter)
      show(await submit(form, event.submitter))
    } catch { announce(say('failed')) }
  })
}

// While a question waits that was typed, the pages that come first are put in place, too.
document.addEventListener('submit', async (event) => {
  const form = event.target
  if (cookieless || !holding() || event.submitter?.dataset.file || event.defaultPrevented || form.method !== 'post' || new URL(form.action).origin !== location.origin) return
  event.preventDefault()
  try { show(await submit(form, event.submitter)) } catch { announce(say('failed')) }
})

addEventListener('popstate', () => {
  if (address() === here) return // only the place in the page
  if (cookieless) go(location.href)
  else location.reload()
})
document.addEventListener('page', () => { here = address(); wake() })
if (cookieless) stay()
if (token() && document.documentElement.dataset.session === undefined) load(location.href).then((page) => show({ ...page, hash: location.hash }), wake)
else wake()
