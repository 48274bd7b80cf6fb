// The effect page: choose locally, ask, and only after "agree" does anything leave the browser.
import { api, apiURL, call, announce, authorize, explain, kept, lang, load, main, say, show, withLang } from './lib.js'
import { preview } from './preview.js'
import { passing } from './welcome.js'

export function create() {
  const form = document.getElementById('create')
  const sheet = document.getElementById('sheet')
  if (!form) return
  const drops = [...form.querySelectorAll('.drop')].map(drop)
  let given = null // the consent of this page, for previews and the task alike
  more(form)
  form.querySelectorAll('.range').forEach(measure)
  document.addEventListener('paste', (event) => {
    const pasted = event.clipboardData.files[0]
    if (pasted && form.isConnected) (drops.find((d) => d.empty()) ?? drops[0])?.take(pasted)
  })
  if (new URLSearchParams(location.search).has('declined')) declined()
  form.querySelectorAll('textarea').forEach((area) => {
    const count = area.parentElement.querySelector('[data-count]')
    const update = () => { if (count) count.textContent = [...area.value].length }
    area.addEventListener('input', update)
    update()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    clear()
    if (!valid()) return
    if (await agreed()) run()
  })
  preview(form, { drops, texts, ask: permit, renew: async () => (await renew()) ? permit() : undefined })
  document.getElementById('go').disabled = false // before that, nothing would hear the form
  sheet.addEventListener('click', (event) => { if (event.target === sheet) sheet.close('declined') })

  function valid() {
    const bad = drops.find((d) => !d.check())
    if (bad) { bad.focus(); return false }
    const empty = [...form.querySelectorAll('textarea[required]')].find((area) => !area.value.trim())
    if (empty) { fail(say('text')); empty.focus(); return false }
    return true
  }

  const agreed = async () => Boolean(form.dataset.standing || given) || ask()

  // grant records the consent once, and returns its id; null for one that stands already.
  async function grant() {
    if (!form.dataset.standing) given ??= (await api('POST', '/consents', decision('granted'))).id
    return given
  }

  // permit asks where nothing was granted yet. After a no it returns undefined.
  async function permit() {
    if (!await agreed()) return undefined
    try { return await grant() } catch (problem) {
      if (problem.code !== 'consent-stale') throw problem
      return await renew() ? permit() : undefined
    }
  }

  // ask opens the sheet; Esc, the backdrop and the decline button all mean no.
  function ask() {
    const opener = document.activeElement
    sheet.returnValue = ''
    sheet.showModal()
    sheet.scrollTop = 0
    sheet.querySelector('h1').focus()
    return new Promise((resolve) => sheet.addEventListener('close', () => {
      const yes = sheet.returnValue === 'granted'
      if (!yes) refuse(opener?.id === 'peek-go' ? opener : document.getElementById('go'))
      resolve(yes)
    }, { once: true }))
  }

  function refuse(opener) {
    declined()
    opener.focus()
    if (form.dataset.session) call('POST', '/consents', decision('declined')).catch(() => {})
  }

  function decision(word) {
    const asked = sheet.querySelector('form')
    const scope = new FormData(asked).get('scope') ?? asked.dataset.scope
    return { feature: form.dataset.feature, recipient: form.dataset.recipient, decision: word, disclosure_hash: asked.dataset.hash, scope }
  }

  async function run() {
    const go = document.getElementById('go')
    go.disabled = true
    const made = []
    try {
      const consent = (await grant()) ?? undefined
      const inputs = []
      for (const d of drops) {
        const source = await d.source()
        if (!source) continue
        const id = source.id ?? (await passing(() => upload(source.blob))).id
        if (!source.id) made.push(id)
        inputs.push({ role: d.role, upload: id })
      }
      const task = await api('POST', '/tasks', { ...texts(), feature: form.dataset.feature, inputs, consent }, { 'Idempotency-Key': token() })
      kept.set(task.id, { url: drops.find((d) => d.keep())?.keep() })
      announce(say('started'))
      show(await load(withLang(`/${main().dataset.app}/tasks/${task.id}`)))
    } catch (problem) {
      for (const id of made) call('DELETE', `/uploads/${id}`).catch(() => {})
      go.disabled = false
      progress(null)
      if (problem.code !== 'consent-stale' && problem.code !== 'consent-required') fail(explain(problem), problem.door)
      else if (await renew()) run()
    }
  }

  function texts() {
    const out = { params: {} }
    for (const [name, value] of new FormData(form)) {
      const [kind, role] = name.split('.')
      if (kind === 'text' && value) out[role === 'negative_prompt' ? role : 'prompt'] = value
      if (kind === 'param' && value) out.params[role] = value
    }
    return out
  }

  // renew fetches the text in force, marks what is new in it, and asks again.
  async function renew() {
    const old = new Set([...sheet.querySelectorAll('li,dd,p')].map((e) => e.textContent.trim()))
    const { page } = await load(withLang(`/${main().dataset.app}/e/${form.dataset.feature}/sheet`))
    sheet.replaceChildren(...page.body.childNodes)
    sheet.querySelector('.changed').hidden = false
    for (const line of sheet.querySelectorAll('li,.who')) {
      if (old.has(line.textContent.trim())) continue
      const mark = document.createElement('mark')
      mark.append(...line.childNodes)
      line.append(mark)
    }
    form.dataset.standing = ''
    given = null
    return ask()
  }

  function declined() {
    const note = document.getElementById('declined')
    note.hidden = false
    announce(say('declined'))
  }

  function clear() {
    document.getElementById('declined').hidden = true
    document.getElementById('create-error').replaceChildren()
  }

  function fail(text, door) {
    const box = document.createElement('p')
    box.className = 'note bad'
    box.textContent = text
    if (door) box.append(' ', outside(door))
    document.getElementById('create-error').replaceChildren(box)
  }
}

// outside leads to a page in a tab of its own, so that what is chosen here stays.
function outside(address) {
  const link = document.createElement('a')
  link.href = withLang(address)
  link.target = '_blank'
  link.rel = 'noopener'
  link.textContent = say('open')
  return link
}

// more reveals one optional place after the other.
function more(form) {
  const places = [...form.querySelectorAll('.add')]
  const offer = () => {
    const next = places.find((place) => !place.open)
    places.forEach((place) => { place.hidden = !place.open && place !== next })
  }
  places.forEach((place) => place.addEventListener('toggle', () => {
    offer()
    if (place.open && !place.contains(document.activeElement)) place.querySelector('.file').focus()
  }))
  offer()
}

// measure shows the value of a slider next to its name.
function measure(box) {
  const range = box.querySelector('input'), out = box.querySelector('output')
  const update = () => {
    const value = Number(range.value)
    out.value = 'share' in range.dataset ? `${Math.round(100 * value)} %` : value.toLocaleString(lang())
    range.setAttribute('aria-valuetext', out.value)
  }
  range.addEventListener('input', update)
  update()
}

// drop is one place for a photo: file, camera, drag, paste or a sample.
function drop(box) {
  const error = box.querySelector('.err'), preview = box.querySelector('.preview'), unseen = box.querySelector('.unseen'), place = box.closest('.add'), remove = box.querySelector('[data-clear]')
  const files = [...box.querySelectorAll('input[type=file]')], samples = [...box.querySelectorAll('input[type=radio]')]
  let file = null, url = null
  const picked = () => samples.find((radio) => radio.checked)?.value
  const empty = () => !file && !picked()
  const open = () => { if (place) place.open = true }
  const sample = () => { const chosen = picked(); return chosen && !chosen.startsWith('upl_') ? chosen : null }
  preview.addEventListener('error', () => { if (url) { preview.hidden = true; unseen.hidden = false } })
  files.forEach((input) => input.addEventListener('change', () => { if (input.files[0]) take(input.files[0]) }))
  samples.forEach((radio) => radio.addEventListener('change', () => take(null, radio.value)))
  remove.addEventListener('click', () => {
    samples.forEach((radio) => { radio.checked = !radio.value })
    take(null, '')
    if (!place) return files[0].focus()
    place.open = false
    place.querySelector('summary').focus()
  })
  box.addEventListener('dragover', (event) => { event.preventDefault(); box.classList.add('over') })
  box.addEventListener('dragleave', () => box.classList.remove('over'))
  box.addEventListener('drop', (event) => {
    event.preventDefault()
    box.classList.remove('over')
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
  if (picked()) take(null, picked()) // chosen before this script was there
  remove.hidden = empty() && !place

  function take(chosen, sample) {
    if (url) URL.revokeObjectURL(url)
    file = chosen
    url = chosen ? URL.createObjectURL(chosen) : null
    if (chosen) { open(); samples.forEach((radio) => { radio.checked = false }) }
    else files.forEach((input) => { input.value = '' })
    unseen.hidden = true
    preview.hidden = box.dataset.kind !== 'photo' || !(url || sample?.endsWith('.jpg'))
    if (!preview.hidden) preview.src = url ?? `/static/samples/${sample}`
    remove.hidden = empty() && !place
    if (!empty() || !box.dataset.required) check()
    box.dispatchEvent(new Event('picked', { bubbles: true }))
  }

  function check() {
    const types = box.dataset.accept.split(',').filter(Boolean), limit = Number(box.dataset.max)
    let text = ''
    if (empty()) text = box.dataset.required ? say('missing') : ''
    else if (file?.type && types.length && !types.includes(file.type)) text = say('type', { types: types.filter((t) => t !== 'image/heif').map((t) => t.split('/')[1].toUpperCase()).join(', ') })
    else if (file && limit && file.size > limit) text = say('size', { size: `${Math.floor(limit / 1e6)} MB` })
    error.textContent = text
    error.hidden = !text
    return !text
  }

  return {
    role: box.dataset.role,
    optional: !box.dataset.required,
    here: () => Boolean(file || sample()),
    local: async () => file ?? (await fetch(`/static/samples/${sample()}`)).blob(),
    check,
    empty,
    take,
    focus: () => { open(); box.querySelector('input').focus() },
    async source() {
      if (file) return { blob: file }
      const chosen = picked()
      if (!chosen) return null
      if (chosen.startsWith('upl_')) return { id: chosen }
      file = await this.local()
      url = URL.createObjectURL(file)
      return { blob: file }
    },
    keep: () => unseen.hidden ? url : null,
  }
}

// upload sends the bytes alone: no file name, no form.
function upload(blob) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', apiURL('/uploads'))
    request.responseType = 'json'
    request.setRequestHeader('Content-Type', blob.type || 'application/octet-stream')
    authorize(request)
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(Math.round((100 * event.loaded) / event.total)) }
    request.onload = () => { progress(null); request.status < 300 ? resolve(request.response) : reject({ status: request.status, ...request.response }) }
    request.onerror = () => reject({ code: 'offline', detail: say(navigator.onLine ? 'failed' : 'offline') })
    progress(0)
    request.send(blob)
  })
}

function progress(percent) {
  const box = document.getElementById('sending')
  if (!box) return
  box.hidden = percent === null
  box.querySelector('progress').value = percent ?? 0
}

// token is a fresh idempotency key.
const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
