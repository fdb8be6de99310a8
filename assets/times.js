/* Fills time elements in the browser's zone and keeps them true without asking the server. */
(function () {
  'use strict';

  const MINUTE = 60;
  const UNITS = [
    ['year', 365 * 24 * 60 * MINUTE],
    ['month', 30 * 24 * 60 * MINUTE],
    ['week', 7 * 24 * 60 * MINUTE],
    ['day', 24 * 60 * MINUTE],
    ['hour', 60 * MINUTE],
    ['minute', MINUTE],
  ];
  const RELATIVE_MS = 10000;
  const COUNTDOWN_MS = 1000;
  let formats = null;

  /** In the language of the page, which a host changes while the card is shown in its frame. */
  function formatOf(name) {
    const language = document.documentElement.lang || navigator.language;
    if (!formats || formats.language !== language) formats = formatsIn(language);
    return formats[name];
  }

  function formatsIn(language) {
    return {
      language: language,
      relative: new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'always' }),
      spoken: new Intl.RelativeTimeFormat(language, { style: 'long', numeric: 'always' }),
      full: new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' }),
      short: new Intl.DateTimeFormat(language, {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
      clock: new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    };
  }

  function justNow() {
    const place = document.querySelector('[data-just-now]');
    return place ? place.dataset.justNow : '';
  }

  /** A sender's clock may run ahead of ours: the future is now. */
  function ageIn(name) {
    return function (moment) {
      const age = Math.floor((Date.now() - moment.getTime()) / 1000);
      for (const [unit, seconds] of UNITS) {
        if (age >= seconds) return formatOf(name).format(-Math.floor(age / seconds), unit);
      }
      return justNow();
    };
  }

  function countdownText(moment) {
    const left = Math.max(0, Math.ceil((moment.getTime() - Date.now()) / 1000));
    const two = function (number) {
      return String(number).padStart(2, '0');
    };
    return two(Math.floor(left / MINUTE)) + ':' + two(left % MINUTE);
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function fill(selector, textOf) {
    document.querySelectorAll(selector).forEach(function (element) {
      const moment = new Date(element.dateTime);
      if (Number.isNaN(moment.getTime())) return;
      write(element, textOf(moment));
      const tip = formatOf('full').format(moment);
      if (!element.dataset.spoken && element.title !== tip) element.title = tip;
    });
  }

  function fillCountdowns() {
    fill('time[data-countdown]', countdownText);
  }

  function fillAll() {
    fill('time[data-relative]', ageIn('relative'));
    fill('time[data-spoken="relative"]', ageIn('spoken'));
    fill('time[data-spoken="moment"]', function (moment) {
      return formatOf('full').format(moment);
    });
    fill('time[data-moment]', function (moment) {
      return formatOf('short').format(moment);
    });
    fill('time[data-clock]', function (moment) {
      return formatOf('clock').format(moment);
    });
    fillCountdowns();
  }

  let timers = [];

  function run() {
    timers.forEach(clearInterval);
    timers = [];
    if (document.hidden) return;
    fillAll();
    timers = [setInterval(fillAll, RELATIVE_MS), setInterval(fillCountdowns, COUNTDOWN_MS)];
  }

  document.addEventListener('visibilitychange', run);
  new MutationObserver(fillAll).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['datetime'],
  });
  run();
})();
