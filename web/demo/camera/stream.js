/** A camera's pictures, one after another. */

/** The side to which larger pictures are shrunk, in pixels. */
const MOST = 960;
/** What the page asks for. A browser gives what comes next to it. */
const WISH = { width: { ideal: 640 }, height: { ideal: 480 } };

export class Stream {
  #stream;
  #video = document.createElement('video');
  #canvas = document.createElement('canvas');
  #context = this.#canvas.getContext('2d', { willReadFrequently: true });

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.#stream = stream;
    Object.assign(this.#video, { muted: true, playsInline: true, srcObject: stream });
  }

  /**
   * Asks for a camera. The user may have to allow it.
   * @param {string} [id] of a camera (default: the browser's choice, the rear one of a phone)
   * @param {AbortSignal} [signal]
   */
  static async open(id, signal) {
    const which = id ? { deviceId: { exact: id } } : { facingMode: { ideal: 'environment' } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...WISH, ...which } });
    const opened = new Stream(stream);
    if (signal?.aborted) opened.close();
    signal?.throwIfAborted();
    return opened;
  }

  /**
   * Begins to play.
   * @param {() => void} onGone the camera was unplugged, or the user took it away
   */
  async play(onGone) {
    this.#track.addEventListener('ended', onGone);
    await this.#video.play();
  }

  /** The id of the camera. */
  get id() {
    return this.#track.getSettings().deviceId;
  }

  get #track() {
    return this.#stream.getVideoTracks()[0];
  }

  /**
   * Waits for the next picture of the camera, and reads it.
   * @returns {Promise<ImageData>}
   */
  async next() {
    await this.#change();
    const { videoWidth, videoHeight } = this.#video;
    const scale = Math.min(1, MOST / Math.max(videoWidth, videoHeight));
    const [width, height] = [videoWidth, videoHeight].map((side) => Math.round(side * scale));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    const context = /** @type {CanvasRenderingContext2D} */ (this.#context);
    context.drawImage(this.#video, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  /** Waits until the camera has a new picture. An old browser does not say when. */
  #change() {
    return new Promise((resolve) => {
      if ('requestVideoFrameCallback' in this.#video) {
        this.#video.requestVideoFrameCallback(resolve);
      } else requestAnimationFrame(resolve);
    });
  }

  /** Switches the camera off. */
  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#video.srcObject = null;
  }
}

/** The cameras of this machine. Their names are known once the user has allowed one. */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput');
}
