import 'gradcam-wasm/element';
import { useState } from 'react';

export function App() {
  const [picture, setPicture] = useState('photo.jpg');
  const [text, setText] = useState('');
  const showTarget = ({ detail }) => {
    const [{ label, score }] = detail.explanation.targets;
    setText(`${label}: ${score.toFixed(3)}`);
  };
  return (
    <>
      <p>
        <label>
          Another picture{' '}
          <input
            name="picture"
            type="file"
            accept="image/*"
            onChange={({ target }) => setPicture(target.files[0])}
          />
        </label>
      </p>
      <p>
        <output>{text}</output>
      </p>
      <grad-cam
        model="model.keras"
        src={picture}
        alt="The chosen picture"
        controls
        onexplain={showTarget}
        onerror={({ message }) => setText(message)}
      />
    </>
  );
}
