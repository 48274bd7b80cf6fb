// The first visit: as a page, and as a sheet over the page that a person is on, so that what was chosen
// there stays. It asks nothing that the server did not ask for.
import { holding } from './chat.js'
import { announce, lang, load, main, say, show, withLang, words } from './lib.js'
import { cookieless, forget, headers, keep, refuse, refused } from './session.js'

const asks = ['age-required', 'policy-not-accepted']
const page = (name) => `/${main().dataset.app}/${name}`
const here = () => location.pathname + location.search
const come = (name) => `${page(name)}?next=${encodeURIComponent(here())}`

// passing does what a person asked for. Where the app has to ask something first, it asks, and does it then.
export async function passing(act) {
  for (;;) {
    try { return await act() } catch (problem) {
      if (!asks.includes(problem.code)) throw away(problem)
      if (!await sheet()) throw { code: 'later', detail: say('welcomeLater') }
    }
  }
}

// away leaves for the page that has to come first, where there is one. Where something chosen would be lost
// it names the page instead.
function away(problem) {
  if (problem.code === 'age-not-allowed') leave('age')
  else if (problem.code === 'guardian-required') location.assign(come('guardian'))
  else if (problem.code === 'notice-required') return { ...problem, door: page('notices') }
  return problem
}

// leave ends the visit of whoever is too young, or said no: the page before is not one to come back to.
function leave(name) {
  if (name === 'age') refuse()
  else forget()
  location.replace(page(name))
}

// sheet asks whatever is asked, and reports whether the way is open.
async function sheet() {
  const opener = document.activeElement, box = document.createElement('dialog')
  box.id = 'first'
  box.setAttribute('aria-labelledby', 'welcome-title')
  document.body.append(box)
  const open = await new Promise((resolve) => {
    box.addEventListener('close', () => resolve(box.returnValue === 'open'))
    fill(box, () => box.close('open')).then(() => { if (box.isConnected && !box.open && box.firstChild) { box.showModal(); focus(box) } }, () => resolve(false))
  })
  box.remove()
  opener?.focus?.()
  return open
}

const focus = (box) => { box.scrollTop = 0; box.querySelector('h1')?.focus() }

// fill puts the question that comes next into the sheet; where there is none the way is open.
async function fill(box, done) {
  const response = await fetch(`${page('welcome')}?sheet=1&next=${encodeURIComponent(here())}&lang=${lang()}`, { headers: headers({ Accept: 'text/html' }) })
  const doc = new DOMParser().parseFromString(await response.text(), 'text/html'), form = doc.getElementById('welcome')
  if (!form) { box.close('open'); done(); return }
  form.classList.add('sheet')
  const later = document.createElement('button')
  later.type = 'button'
  later.className = 'btn s later'
  later.textContent = words.later
  later.addEventListener('click', () => box.close(''))
  form.append(later)
  box.replaceChildren(document.adoptNode(form))
  answers(box.firstChild, done, async () => { await fill(box, done); focus(box) })
}

// answers sends a form of the first visit, or of signing in, and goes on by what comes back.
function answers(form, done, again) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const buttons = [...form.querySelectorAll('button')], fields = new URLSearchParams(new FormData(form, event.submitter))
    buttons.forEach((button) => { button.disabled = true })
    try {
      const response = await fetch(form.action, { method: 'POST', body: fields, headers: headers({ Accept: 'application/json' }) })
      const answer = await response.json().catch(() => ({}))
      if (answer.code === 'consent-stale') return await again()
      if (!response.ok) throw answer
      if (answer.access_token) keep(answer.access_token)
      if (answer.standing === 'age-not-allowed') leave('age')
      else if (answer.standing === 'declined') leave('declined')
      else if (answer.standing === 'guardian-required') location.assign(`${page('guardian')}?next=${encodeURIComponent(form.elements.next.value)}`)
      else if (asks.includes(answer.standing)) await again()
      else done()
    } catch (problem) {
      if (problem.code === 'age-not-allowed') return leave('age')
      const error = form.querySelector('[data-error]')
      error.textContent = [problem.title, problem.detail].filter(Boolean).join('. ') || say('failed')
      error.hidden = false
      announce(error.textContent)
      buttons.forEach((button) => { button.disabled = false })
    }
  })
}

// welcome wakes the page of the first visit, and the one of signing in.
export function welcome() {
  if (refused()) return leave('age')
  const form = document.querySelector('#welcome, #signin')
  if (!form) return
  const next = form.elements.next.value
  answers(form, () => onward(next), () => onward(`${page('welcome')}?next=${encodeURIComponent(next)}`))
}

// onward goes to a page; what this document holds stays where that is possible.
async function onward(address) {
  const to = withLang(address)
  if (!cookieless && !holding()) return location.assign(to)
  show(await load(to))
}
