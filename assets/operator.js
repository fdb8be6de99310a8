/* The operator's page: in the colours that the system has just now, and still while nobody looks. */
(function () {
  'use strict';

  const dark = window.matchMedia('(prefers-color-scheme: dark)');

  function theme(chosen) {
    if (chosen !== 'auto') return chosen;
    return dark.matches ? 'dark' : 'light';
  }

  function set(id, props) {
    try {
      window.dash_clientside.set_props(id, props);
    } catch (_) {
      /* The page is not there yet. */
    }
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { talkboard_operator: { theme: theme } });

  dark.addEventListener('change', function () {
    const dark_sheet = document.getElementById('dark-theme');
    if (dark_sheet && dark_sheet.media.includes('prefers')) set('operator-theme', { data: theme('auto') });
  });

  document.addEventListener('visibilitychange', function () {
    if (document.hidden) set('operator-clock', { disabled: true });
    else set('operator-clock', { disabled: false, n_intervals: Math.floor(Date.now() / 1000) });
  });
})();
