// Runs before the first paint: marks that scripts work and applies a theme kept in this browser.
document.documentElement.classList.add('js')
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch { /* storage is off: the theme follows the device */ }
