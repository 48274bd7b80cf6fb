// Wakes up the module that a page asks for; runs again when a page is swapped in.
import { announce, main, say } from './lib.js'
import { times } from './times.js'
import { create } from './create.js'
import { task } from './task.js'
import { work } from './work.js'

function wake() {
  times()
  main().querySelectorAll('[data-keep]').forEach((keep) => keep.addEventListener('click', (event) => {
    event.preventDefault()
    const details = keep.closest('details')
    details.open = false
    details.querySelector('summary').focus()
  }))
  const page = { create, task, work, settings, start }[main().dataset.page]
  page?.()
}

function settings() {
  const copy = document.querySelector('[data-copy]')
  copy?.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent)
    announce(say('copied'))
    copy.lastChild.textContent = say('copied')
  })
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

addEventListener('popstate', () => location.reload())
document.addEventListener('page', wake)
wake()
