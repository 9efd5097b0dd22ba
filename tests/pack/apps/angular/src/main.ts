import { Component, provideZonelessChangeDetection } from '@angular/core';
import type { OnInit } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { explainTwice } from '../explain.js';

@Component({ selector: 'app-root', template: '<h1>An app that uses gradcam-wasm</h1>' })
class App implements OnInit {
  ngOnInit() {
    Object.assign(globalThis, { results: explainTwice() });
  }
}

bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
