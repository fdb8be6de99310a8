/** Says how high the content is. The frame's own height is never measured: that would chase itself. */

const EVERY_MS = 100;
const LEAST_PX = 2;
const GROWTHS = 4;

/** Calls `say` with whole pixels whenever the `contents` together have become higher or lower. */
export function watchHeight(contents: HTMLElement[], say: (height: number) => void): void {
  let said = 0;
  let saidAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let growths = 0;
  let width = innerWidth;
  let frozen = false;

  function measured(): number {
    return Math.ceil(contents.reduce((sum, one) => sum + one.getBoundingClientRect().height, 0));
  }

  /** Content that is as high as the frame and some more grows for ever: by itself, with nothing new in it. */
  function chasesItself(height: number): boolean {
    const grew = height > said && Math.abs(innerHeight - said) <= 1 && innerWidth === width;
    growths = grew ? growths + 1 : 0;
    width = innerWidth;
    return growths >= GROWTHS;
  }

  function look(): void {
    timer = undefined;
    const height = measured();
    if (frozen || !height || Math.abs(height - said) < LEAST_PX) return;
    if (chasesItself(height)) {
      frozen = true;
      return;
    }
    said = height;
    saidAt = performance.now();
    say(height);
  }

  function later(): void {
    timer ??= setTimeout(look, Math.max(0, saidAt + EVERY_MS - performance.now()));
  }

  const sizes = new ResizeObserver(later);
  const changes = new MutationObserver(() => {
    growths = 0;
    frozen = false;
    later();
  });
  for (const one of contents) {
    sizes.observe(one);
    changes.observe(one, { subtree: true, childList: true, characterData: true });
  }
}
