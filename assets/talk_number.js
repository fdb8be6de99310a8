/* The title of the page and its icon carry the number that the card shows. */
(function () {
  'use strict';

  const PREFIX = /^\(\d+\+?\) /;
  const BUBBLE =
    'M7 1h18a6 6 0 0 1 6 6v14a6 6 0 0 1-6 6h-8l-6.6 4.4A1 1 0 0 1 9 30.6V27H7a6 6 0 0 1-6-6V7a6 6 0 0 1 6-6Z';
  const SIZES = { 1: 22, 2: 19, 3: 14 };
  let plainIcon = null;

  function number() {
    const total = document.querySelector('#talk-card .talk-total');
    return total ? total.textContent : '';
  }

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** Drawn here, in the operator's colour: an address of its own, without asking the server. */
  function icon(text) {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
      '<path fill="' + colour('--brand') + '" d="' + BUBBLE + '"/>' +
      '<text x="16" y="14" dy=".36em" text-anchor="middle" font-family="system-ui, sans-serif" font-weight="700" ' +
      'font-size="' + SIZES[text.length] + '" fill="' + colour('--brand-text') + '">' + text + '</text></svg>';
    return 'data:image/svg+xml,' + encodeURIComponent(svg);
  }

  function show() {
    const text = number();
    const title = (text ? '(' + text + ') ' : '') + document.title.replace(PREFIX, '');
    if (document.title !== title) document.title = title;
    const link = document.querySelector('link[rel="icon"]');
    plainIcon = plainIcon || link.getAttribute('href');
    const address = text ? icon(text) : plainIcon;
    if (link.getAttribute('href') !== address) link.setAttribute('href', address);
  }

  new MutationObserver(show).observe(document.documentElement, { subtree: true, childList: true });
})();
