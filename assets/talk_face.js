/* A picture that does not come leaves the initials alone; one that has come covers them wholly. */
(function () {
  'use strict';

  function isFace(target) {
    return target instanceof HTMLImageElement && 'face' in target.dataset;
  }

  /* Neither event bubbles. Hidden and not removed: the node is React's. */
  document.addEventListener(
    'error',
    function (event) {
      if (isFace(event.target)) event.target.hidden = true;
    },
    true
  );
  document.addEventListener(
    'load',
    function (event) {
      if (isFace(event.target)) event.target.dataset.face = 'shown';
    },
    true
  );
})();
