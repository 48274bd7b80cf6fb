// The small preview of the effect page: asked for once, then it follows every choice. A small copy is
// made here; the photo itself stays.
import { apiURL, explain, headers, say } from './lib.js'
import { film, versus } from './work.js'
import { passing } from './welcome.js'

const pause = 300 // milliseconds of quiet before a change is looked at

// preview is woken by the effect page. ask() asks for the consent of a task and returns its id, null for
// one that stands already, or undefined after a no; renew(problem) asks again where a text changed.
export function preview(form, { drops, texts, ask, renew }) {
  const box = document.getElementById('peek')
  if (!box) return
  const go = document.getElementById('peek-go'), stage = box.querySelector('.stage'), state = box.querySelector('.state')
  const after = box.querySelector('.after'), title = document.getElementById('peek-title'), lay = versus(box), moving = box.dataset.makes === 'video'
  let on = false, consent, timer = 0, running = null, urls = [], copies = new Map()

  form.addEventListener('picked', fresh)
  form.addEventListener('input', (event) => { if (on && /^(param\.|size$)/.test(event.target.name)) later() })
  go.addEventListener('click', async () => {
    if (running) return
    try {
      consent = await ask()
      if (consent !== undefined) { on = true; await make() }
    } catch (problem) { fail(problem) }
  })
  fresh()

  // fresh begins anew with other photos: nothing of them goes before it is asked for.
  function fresh() {
    off()
    copies = new Map()
    box.hidden = !drops.every((d) => d.optional || d.here()) || !drops.some((d) => d.here())
  }

  function off() {
    on = false
    cancel()
    busy(false)
    fail(null)
    stage.hidden = true
    state.textContent = ''
    form.classList.remove('previewed')
    box.querySelector('.peek-ask').hidden = false
  }

  function cancel() {
    clearTimeout(timer)
    running?.abort()
    running = null
  }

  function later() {
    cancel()
    timer = setTimeout(make, pause)
  }

  // make asks for one preview; the newest wins.
  async function make() {
    cancel()
    const mine = running = new AbortController()
    busy(true)
    try {
      const pictures = await small(Number(form.elements.size.value))
      const answer = await passing(() => send(pictures, mine.signal))
      if (mine !== running) return
      await put(answer, pictures[0].blob)
      if (mine !== running) return
      fail(null)
      state.textContent = say('previewDone')
    } catch (problem) {
      if (mine !== running) return
      if (problem.code !== 'consent-stale' && problem.code !== 'consent-required') return fail(problem)
      consent = await renew()
      if (consent === undefined) off()
      else make()
    } finally {
      if (mine === running) { running = null; busy(false) }
    }
  }

  // small makes copies whose longer side is at most so many pixels, upright, and without anything that
  // a camera writes into a file.
  async function small(side) {
    if (copies.has(side)) return copies.get(side)
    const list = []
    for (const d of drops.filter((each) => each.here())) list.push({ role: d.role, blob: await shrink(await d.local(), side) })
    copies.set(side, list)
    return list
  }

  async function send(pictures, signal) {
    const body = new FormData()
    body.append('request', JSON.stringify({ feature: form.dataset.feature, params: texts().params, ...(consent ? { consent } : {}) }))
    for (const { role, blob } of pictures) body.append(role, blob, role)
    let response
    try {
      response = await fetch(apiURL('/previews'), { method: 'POST', body, signal, headers: headers() })
    } catch {
      throw { code: 'offline', detail: say(navigator.onLine ? 'failed' : 'offline') }
    }
    if (!response.ok) throw { status: response.status, ...(await response.json().catch(() => ({}))) }
    return response.blob()
  }

  async function put(answer, photo) {
    const next = [URL.createObjectURL(photo), URL.createObjectURL(answer)]
    after.hidden = false
    after.src = next[1]
    stage.hidden = false
    await lay(next[0], moving)
    if (moving) hold()
    urls.forEach((url) => URL.revokeObjectURL(url))
    urls = next
    if (box.querySelector('.peek-ask').contains(document.activeElement)) title.focus()
    box.querySelector('.peek-ask').hidden = true
    form.classList.add('previewed')
  }

  function hold() {
    let button = stage.querySelector('[data-film]')
    stage.querySelectorAll('canvas').forEach((canvas) => canvas.remove())
    if (!button) {
      button = document.createElement('button')
      button.type = 'button'
      button.className = 'btn s'
      button.dataset.film = ''
      stage.append(button)
    }
    film(after, button)
  }

  function busy(yes) {
    box.setAttribute('aria-busy', yes)
    if (yes) { state.textContent = say('previewBusy'); fail(null) }
    else if (state.textContent === say('previewBusy')) state.textContent = ''
  }

  function fail(problem) {
    const place = document.getElementById('peek-error')
    place.replaceChildren()
    if (!problem) return
    const text = document.createElement('p')
    text.className = 'note bad'
    text.textContent = problem.unreadable ? say('previewUnreadable') : explain(problem)
    place.append(text)
  }
}

// shrink draws a photo small and upright, as a JPEG on white.
async function shrink(blob, side) {
  let bitmap
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' })
  } catch {
    throw { unreadable: true }
  }
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return new Promise((resolve, reject) => canvas.toBlob((b) => b ? resolve(b) : reject({ unreadable: true }), 'image/jpeg', 0.9))
}
