/* A new picture replaces every node of the card: gives the focus, an open menu and the opened number back. */
(function () {
  'use strict';

  const TOGGLE = '.talk-menu [aria-expanded]';
  const MORE = '.talk-total-more';
  let picture = null;
  let focused = null;
  let menuWasOpen = false;
  let moreWasOpen = false;

  function place() {
    return document.getElementById('talk-card');
  }

  /** How to find the same thing in the next picture. */
  function selectorOf(element) {
    /* Its address changes with each new message. */
    const row = element.closest('[data-row]');
    if (row) return '[data-row="' + CSS.escape(row.dataset.row) + '"]';
    if (element.closest(MORE)) return MORE + ' > summary';
    const link = element.closest('a[href]');
    if (link) return 'a[href="' + CSS.escape(link.getAttribute('href')) + '"]';
    const button = element.closest('[data-action]');
    if (button) return '[data-action="' + button.dataset.action + '"]';
    return element.closest(TOGGLE) ? TOGGLE : ':scope > [data-state]';
  }

  function remember(target) {
    const card = place();
    focused = card && card.contains(target) ? selectorOf(target) : null;
  }

  function restore() {
    const card = place();
    const toggle = card.querySelector(TOGGLE);
    if (menuWasOpen && toggle && toggle.getAttribute('aria-expanded') === 'false') toggle.click();
    const more = card.querySelector(MORE);
    if (moreWasOpen && more) more.open = true;
    if (!focused || document.activeElement !== document.body) return;
    const same = card.querySelector(focused) || card.querySelector(':scope > [data-state]');
    if (same) same.focus({ preventScroll: true });
  }

  function look() {
    const card = place();
    const now = card && card.querySelector(':scope > [data-state]');
    if (!now) return;
    const replaced = picture && picture !== now;
    picture = now;
    if (replaced) restore();
    menuWasOpen = Boolean(card.querySelector(TOGGLE + '[aria-expanded="true"]'));
    moreWasOpen = Boolean(card.querySelector(MORE + '[open]'));
  }

  function closeMore() {
    const more = document.querySelector(MORE + '[open]');
    if (more) more.open = false;
  }

  document.addEventListener('focusin', function (event) {
    remember(event.target);
  });
  document.addEventListener('pointerdown', function (event) {
    const card = place();
    if (!card || !card.contains(event.target)) focused = null;
    if (!event.target.closest(MORE)) closeMore();
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') closeMore();
  });
  new MutationObserver(look).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['aria-expanded', 'open'],
  });
})();
