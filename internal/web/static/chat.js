// The chat page: reads along while an answer is written, and turns speech into text.
import { announce, api, apiURL, events, explain, headers, load, say, show, submit } from './lib.js'
import { begin } from './session.js'
import { passing } from './welcome.js'

let draft = '' // what was typed, while something else comes first

export function chat() {
  const box = document.getElementById('chat')
  if (!box) return
  restore(box)
  box.addEventListener('submit', async (event) => {
    event.preventDefault()
    const form = event.target, button = event.submitter
    if (button) button.disabled = true
    draft = form.elements.text?.value ?? ''
    try { show({ ...await submit(form, button), hash: '#last' }) } catch {
      announce(say('failed'))
      if (button) button.disabled = false // the words stay in the field
    }
  })
  if (box.dataset.answer) follow(box)
  const voice = box.querySelector('[data-voice]')
  if (voice) listen(box, voice)
}

// holding reports whether a page that comes in between must not unload this document.
export const holding = () => draft !== ''

// restore puts what was typed before something else came first back into its field.
function restore(box) {
  const field = document.getElementById('say')
  if (draft && field && !field.value && !box.querySelector('[data-task]')) field.value = draft
  draft = ''
}

// follow shows the pieces of the answer as they come; the page of the server has the last word.
function follow(box) {
  const turn = box.querySelector(`[data-task="${CSS.escape(box.dataset.answer)}"]`), text = turn?.querySelector('[data-answer-text]')
  if (!text) return
  const source = events(`/tasks/${box.dataset.answer}/events`)
  const connected = () => box.isConnected
  source.addEventListener('text', (event) => {
    if (!connected()) return source.close()
    const { at, piece } = JSON.parse(event.data)
    text.textContent = (at === 0 ? '' : text.textContent) + piece
    turn.querySelector('[data-writing]')?.setAttribute('hidden', '')
  })
  const again = async () => {
    if (!connected()) return source.close()
    try {
      const next = await load(location.pathname + location.search)
      if (!connected()) return
      const fresh = next.page.getElementById('chat')
      if (fresh?.dataset.answer === box.dataset.answer) return
      source.close()
      clearInterval(poll)
      const draft = document.getElementById('say').value
      show({ ...next, hash: '#last' })
      if (draft) document.getElementById('say').value = draft
      announce(say('answered'))
    } catch { /* the next beat tries again */ }
  }
  source.addEventListener('done', again)
  source.addEventListener('state', again)
  const poll = setInterval(() => { if (connected()) again(); else { source.close(); clearInterval(poll) } }, 3000)
}

// listen records while the button is pressed in, sends the recording once, and puts its words into the
// field: nothing is sent as a message before the person sends it. When its page goes the recording goes with
// it, unheard: nobody could see that it runs, or stop it.
function listen(box, button) {
  const state = box.querySelector('[data-voice-state]'), feature = button.dataset.voice
  let recorder = null, stop = 0
  const end = () => { if (recorder?.state === 'recording') recorder.stop() }
  document.addEventListener('page', end, { once: true })
  button.addEventListener('click', async () => {
    if (recorder) return end()
    let stream
    try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }) } catch {
      state.textContent = say('micDenied')
      return
    }
    if (!box.isConnected || recorder) return silence(stream)
    const pieces = []
    recorder = new MediaRecorder(stream)
    recorder.addEventListener('dataavailable', (event) => pieces.push(event.data))
    recorder.addEventListener('stop', async () => {
      clearTimeout(stop)
      silence(stream)
      if (!box.isConnected) return
      const recording = new Blob(pieces, { type: recorder.mimeType.split(';')[0] })
      recorder = null
      button.setAttribute('aria-pressed', 'false')
      state.textContent = say('listening')
      try { put(await transcribe(feature, recording)) } catch (problem) { refused(problem) }
    })
    recorder.start()
    stop = setTimeout(end, 60000)
    button.setAttribute('aria-pressed', 'true')
    state.textContent = say('recording')
  })

  function put(words) {
    const field = document.getElementById('say')
    field.value = [field.value.trim(), words].filter(Boolean).join(' ')
    field.focus()
    state.textContent = say('heard')
  }

  function refused(problem) {
    if (problem.code === 'consent-required' || problem.code === 'consent-stale') { location.assign(`/${document.getElementById('main').dataset.app}/e/${feature}/consent`); return }
    state.textContent = explain(problem)
  }
}

// silence turns the microphone off.
const silence = (stream) => stream.getTracks().forEach((track) => track.stop())

async function hand(recording) {
  const sent = await fetch(apiURL('/uploads'), { method: 'POST', headers: headers({ 'Content-Type': recording.type }), body: recording })
  const upload = await sent.json().catch(() => ({}))
  if (!sent.ok) throw { status: sent.status, ...upload }
  return upload
}

// transcribe uploads a recording, waits for its words and takes them; the server then holds neither.
async function transcribe(feature, recording) {
  await passing(begin)
  const { data } = await api('GET', '/consents?limit=100')
  const given = data.find((c) => c.feature === feature)
  if (given?.decision !== 'granted') throw { code: 'consent-required' }
  const upload = await passing(() => hand(recording))
  const task = await api('POST', '/tasks', { feature, inputs: [{ role: 'voice', upload: upload.id }] })
  for (let tries = 0; tries < 300; tries++) {
    const now = await api('GET', `/tasks/${task.id}`)
    if (now.state === 'succeeded') {
      const words = await fetch(apiURL(`/outputs/${now.outputs[0].id}/content`), { headers: headers({}) })
      if (!words.ok) throw await words.json().catch(() => ({}))
      return words.text()
    }
    if (['failed', 'blocked', 'canceled', 'expired'].includes(now.state)) throw now.error ?? {}
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw {}
}
