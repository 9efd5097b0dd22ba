// A component with a worker of its own, which it stops when it is unmounted.

import { WorkerSession } from 'gradcam-wasm/worker';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

async function explain(session, signal) {
  const model = await session.loadModel('model.keras', { signal });
  const run = await model.run('photo.jpg', { signal });
  const [{ label, score }] = (await run.explain({ signal })).targets;
  return `${label}: ${score.toFixed(3)}`;
}

function Answer() {
  const [text, setText] = useState('');

  useEffect(() => {
    const abort = new AbortController();
    const session = new WorkerSession();
    explain(session, abort.signal)
      .then(setText)
      .catch((error) => abort.signal.aborted || setText(error.message));
    return () => {
      abort.abort();
      session.terminate();
    };
  }, []);

  return <output>{text}</output>;
}

function App() {
  const [isShown, setShown] = useState(true);
  return (
    <>
      <button onClick={() => setShown(!isShown)}>show or hide</button>
      {isShown && <Answer />}
    </>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
