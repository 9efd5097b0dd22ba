'use client';

import { useEffect } from 'react';
import { explainTwice } from '../explain.js';

export default function Page() {
  useEffect(() => {
    globalThis.results = explainTwice();
  }, []);
  return <h1>An app that uses gradcam-wasm</h1>;
}
