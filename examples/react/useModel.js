import { loadModel } from 'gradcam-wasm';
import { useEffect, useState } from 'react';

/** The model in some files, undefined until it is loaded. It is disposed of with the files. */
export function useModel(files, onError) {
  const [model, setModel] = useState();

  useEffect(() => {
    if (!files) return undefined;
    const abort = new AbortController();
    const loading = loadModel(files, { signal: abort.signal });
    loading.then(setModel).catch((error) => abort.signal.aborted || onError(error));
    return () => {
      abort.abort();
      setModel(undefined);
      loading.then((loaded) => loaded.dispose()).catch(() => {});
    };
  }, [files]);

  return model;
}
