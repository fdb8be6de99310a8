/* Says to screen readers what has changed on the card: once for each change, and nothing while it loads. */
(function () {
  'use strict';

  let known = null;

  function look() {
    const picture = document.querySelector('#talk-card > [data-state]');
    const place = document.getElementById('talk-news');
    if (!picture || !place || picture.dataset.state === 'loading') return;
    const news = picture.dataset.news || '';
    const changed = known !== null && known !== news;
    known = news;
    if (changed) place.textContent = news;
  }

  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true });
})();
