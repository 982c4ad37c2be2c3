/**
 * The brush in the picture: mouse, touch, pen and keyboard.
 *
 * @module
 */

/** A place in the picture, in pixels of the model's grid. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The brush's settings and events. */
export interface BrushListeners {
  /** Height and width of the grid; null if there is no picture. */
  readonly size: () => readonly [number, number] | null;
  readonly onBegin: (place: Place) => void;
  readonly onExtend: (place: Place) => void;
  readonly onEnd: () => void;
  /** Nothing was meant to be drawn: a second finger has come, to zoom. */
  readonly onCancel: () => void;
  /** The brush's position; null if it has left. */
  readonly onMove: (place: Place | null) => void;
}

/**
 * Listens to a canvas that shows the grid as a whole: to a pointer, and to arrow keys (a pixel, with
 * Shift five) and Enter. Notebooks inline it, so it uses nothing outside of itself.
 */
export function listenToBrush(canvas: HTMLCanvasElement, listeners: BrushListeners): void {
  const { size, onBegin, onExtend, onEnd, onCancel, onMove } = listeners;
  const arrows: Record<string, readonly [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  /** The pointer that draws. */
  let pointer: number | null = null;
  let place: Place | null = null;
  const placeOf = ({ clientX, clientY }: MouseEvent): Place | null => {
    const grid = size();
    if (grid === null) return null;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return {
      x: Math.floor((clientX - left) * grid[1] / width),
      y: Math.floor((clientY - top) * grid[0] / height),
    };
  };
  const end = (act: () => void) => {
    if (pointer !== null) act();
    pointer = null;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (!event.isPrimary) return end(onCancel);
    place = placeOf(event);
    if (place === null) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    onBegin(place);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    place = placeOf(event);
    onMove(place);
    if (pointer === event.pointerId && place !== null) onExtend(place);
  });
  canvas.addEventListener("pointerup", () => end(onEnd));
  canvas.addEventListener("pointercancel", () => end(onCancel));
  canvas.addEventListener("pointerleave", () => onMove(place = null));
  canvas.addEventListener("blur", () => onMove(place = null));
  canvas.addEventListener("keydown", (event) => {
    const grid = size();
    if (grid === null) return;
    const [height, width] = grid;
    const stride = event.shiftKey ? 5 : 1;
    const move = arrows[event.key];
    place ??= { x: width >> 1, y: height >> 1 };
    if (move !== undefined) {
      place = {
        x: Math.min(Math.max(place.x + move[0] * stride, 0), width - 1),
        y: Math.min(Math.max(place.y + move[1] * stride, 0), height - 1),
      };
      onMove(place);
    } else if (event.key === "Enter") {
      onBegin(place);
      onEnd();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
