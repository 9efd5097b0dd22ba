import { formatAsImage } from 'gradcam-wasm';
import { useEffect, useRef } from 'react';

/**
 * A picture with the heat map of a class over it. Without `target` the top class is explained.
 * Without `layer` the default layer is taken. `onExplain` gets the target's explanation.
 */
export function HeatMap({ model, picture, target, layer, onExplain, onError }) {
  const canvas = useRef(null);

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    draw(canvas.current, model, picture, { targets: target, layer, signal })
      .then(onExplain)
      .catch((error) => signal.aborted || onError(error));
    return () => abort.abort();
    // The callbacks may be new functions at every rendering. That is no reason to draw again.
  }, [model, picture, target, layer]);

  return <canvas ref={canvas} />;
}

async function draw(canvas, model, picture, options) {
  const run = await model.run(picture, { image: picture, signal: options.signal });
  const explanation = await run.explain(options);
  const overlay = formatAsImage(explanation);
  Object.assign(canvas, { width: overlay.width, height: overlay.height });
  canvas.getContext('2d').putImageData(overlay, 0, 0);
  return explanation.targets[0];
}
