// The progress page: live by server-sent events, by polling when they do not get through.
import { announce, call, events, load, say, show, submit } from './lib.js'
import { now, times } from './times.js'

const moving = ['reviewing', 'queued', 'sending', 'generating', 'storing']

export function task() {
  const box = document.getElementById('task')
  if (!box) return
  box.addEventListener('submit', async (event) => {
    event.preventDefault()
    try { show(await submit(event.target, event.submitter)) } catch { announce(say('failed')) }
  })
  if (!moving.includes(box.dataset.state)) return
  const address = location.href, title = document.title
  let waiting = false, again = false, poll = null, heard = Date.now(), noted = ''
  const bell = document.getElementById('notify'), ring = bell ? notify(bell) : () => {}
  const source = events(`/tasks/${box.dataset.id}/events`)
  const connected = () => box.isConnected

  for (const name of ['state', 'transfer', 'output', 'deleted', 'done']) {
    source.addEventListener(name, (event) => {
      heard = Date.now()
      note('')
      if (name === 'state') quick(event.data)
      if (name === 'done') source.close()
      refresh()
    })
  }
  source.onopen = () => { heard = Date.now(); note('') }
  source.onerror = () => {
    if (!connected()) return stop()
    note(say('reconnecting'))
    if (source.readyState === 2 && !poll) poll = setInterval(refresh, 2000)
  }
  const watch = setInterval(() => {
    if (!connected()) return stop()
    const { slow, slowAt } = document.getElementById('task-live')?.dataset ?? {}
    if (Date.now() - heard > 45000 || (slow === undefined && now() > Number(slowAt))) refresh()
  }, 2000)

  function stop() { source.close(); clearInterval(poll); clearInterval(watch) }

  function note(text) {
    noted = text
    const el = document.getElementById('connection')
    if (!el) return
    el.hidden = !text
    el.querySelector('span').textContent = text
  }

  // quick shows percent and message at once; the rest follows from the server's own page.
  function quick(data) {
    const { progress } = JSON.parse(data)
    if (!progress || !connected()) return
    const bar = box.querySelector('progress'), percent = box.querySelector('[data-percent-text]'), message = box.querySelector('[data-message]')
    if (bar) bar.value = progress.percent ?? 0
    if (percent) percent.textContent = progress.percent ?? 0
    if (message && progress.message) message.textContent = progress.message
    document.title = `${progress.percent ?? 0} % – ${title}`
  }

  async function refresh() {
    if (!connected()) return stop()
    if (waiting) { again = true; return }
    waiting = true
    try {
      const next = await load(address)
      if (connected()) put(next)
    } catch { note(say('reconnecting')) }
    waiting = false
    if (again) { again = false; setTimeout(refresh, 250) }
  }

  function put(next) {
    const fresh = next.page.getElementById('task')
    if (!fresh || !moving.includes(fresh.dataset.state)) {
      stop()
      if (!fresh) announce(say('ready'))
      ring(say(fresh ? 'notifyEnded' : 'ready'))
      show(next)
      return
    }
    const live = fresh.querySelector('#task-live'), late = live.dataset.slow !== undefined
    if (late && document.getElementById('task-live').dataset.slow === undefined) {
      box.querySelector('details.confirm').open = true
      announce(live.querySelector('.note.warn').textContent)
    }
    document.getElementById('task-live').replaceWith(live)
    const text = fresh.querySelector('.confirm form p'), here = box.querySelector('.confirm form p')
    if (text && here && here.textContent !== text.textContent) { here.replaceWith(text); times(text) }
    document.title = `${fresh.dataset.percent} % – ${title}`
    times(live)
    note(noted)
  }
}

// notify lets the browser tell when the task has ended, as long as this page is open: that it has, never
// what it was. It returns what rings, once.
function notify(bell) {
  const button = bell.querySelector('button'), state = bell.querySelector('[role=status]')
  const name = document.querySelector('.brand').textContent
  let wished = false
  const ring = (body) => {
    const shown = new Notification(name, { body, tag: 'task' })
    shown.onclick = () => { focus(); shown.close() }
  }
  button.addEventListener('click', async () => {
    const answer = window.Notification ? await Notification.requestPermission() : 'missing'
    try {
      if (answer === 'granted') ring(say('notifyOn')) // where only an installed app may notify, this throws
      wished = answer === 'granted'
      state.textContent = say(wished ? 'notifyOn' : answer === 'missing' ? 'notifyMissing' : 'notifyOff') + (answer === 'denied' ? ` ${bell.dataset.help}` : '')
    } catch { state.textContent = say('notifyMissing') }
    button.hidden = wished
    if (answer === 'granted' || answer === 'denied') call('PUT', '/me/permissions?platform=web', { notifications: answer }).catch(() => {})
  })
  return (body) => { if (wished) ring(body) }
}
