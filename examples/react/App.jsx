import { useState } from 'react';
import { HeatMap } from './HeatMap.jsx';
import { useModel } from './useModel.js';

export function App() {
  const [files, setFiles] = useState();
  const [picture, setPicture] = useState();
  const [text, setText] = useState('Choose a model and a picture.');
  const showError = (error) => setText(error.message);
  const model = useModel(files, showError);
  const showTarget = ({ label, score, diagnosis }) =>
    setText(`${label}: ${score.toFixed(3)} ${diagnosis?.message ?? ''}`);
  return (
    <>
      <p>
        <label>
          Model{' '}
          <input
            name="model"
            type="file"
            multiple
            onChange={({ target }) => setFiles([...target.files])}
          />
        </label>
      </p>
      <p>
        <label>
          Picture{' '}
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
      {model && picture && (
        <HeatMap model={model} picture={picture} onExplain={showTarget} onError={showError} />
      )}
    </>
  );
}
