"""Times pytorch-grad-cam on a Keras MobileNetV2, on the CPU with one thread.

    python3 torch_methods.py MODEL.keras PICTURE ROUNDS

Prints JSON: milliseconds of each task, and the scores of the picture. The network is built in
PyTorch from the file's configuration and weights. Its tensors are NCHW, as PyTorch's users have
them.
"""

import io
import json
import sys
import time
import zipfile

import h5py
import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam import GradCAM, LayerCAM, ScoreCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn


class Add(nn.Module):
    def forward(self, *tensors):
        return tensors[0] + tensors[1]


def convolution(config, weights):
    """A convolution with Keras' padding. `same` at stride 2 has its larger side at the end."""
    depthwise = "depth_multiplier" in config
    kernel = torch.from_numpy(weights[0])
    kernel = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
    stride = config["strides"][0]
    same = config["padding"] == "same"
    layer = nn.Conv2d(
        kernel.shape[0] if depthwise else kernel.shape[1],
        kernel.shape[0],
        kernel.shape[2],
        stride,
        kernel.shape[2] // 2 if same and stride == 1 else 0,
        groups=kernel.shape[0] if depthwise else 1,
        bias=len(weights) > 1,
    )
    layer.weight.data = kernel.contiguous()
    if len(weights) > 1:
        layer.bias.data = torch.from_numpy(weights[1])
    pad = nn.ZeroPad2d((0, 1, 0, 1)) if same and stride == 2 else None
    return layer if pad is None else nn.Sequential(pad, layer)


def batch_norm(config, weights):
    layer = nn.BatchNorm2d(len(weights[0]), config["epsilon"])
    gamma, beta, mean, variance = map(torch.from_numpy, weights)
    layer.weight.data, layer.bias.data = gamma, beta
    layer.running_mean, layer.running_var = mean, variance
    return layer


def dense(config, weights):
    layer = nn.Linear(*weights[0].shape)
    layer.weight.data = torch.from_numpy(weights[0].T.copy())
    layer.bias.data = torch.from_numpy(weights[1])
    return layer


def zero_padding(config, weights):
    (top, bottom), (left, right) = config["padding"]
    return nn.ZeroPad2d((left, right, top, bottom))


LAYERS = {
    "Add": lambda config, weights: Add(),
    "BatchNormalization": batch_norm,
    "Conv2D": convolution,
    "Dense": dense,
    "DepthwiseConv2D": convolution,
    "GlobalAveragePooling2D": lambda config, weights: nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ),
    "ReLU": lambda config, weights: nn.ReLU6(),
    "ZeroPadding2D": zero_padding,
}


def inputs_of(node):
    """Names of the layers that a layer reads."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            return [node["config"]["keras_history"][0]]
        return [name for value in node.values() for name in inputs_of(value)]
    return [name for value in node for name in inputs_of(value)] if isinstance(node, list) else []


def store_names(layers):
    """Names of the layers in Keras' store: the class in snake case and a number."""
    counts = {}
    for layer in layers:
        kind = {"Conv2D": "conv2d", "DepthwiseConv2D": "depthwise_conv2d", "Dense": "dense",
                "BatchNormalization": "batch_normalization"}.get(layer["class_name"])
        if kind:
            counts[kind] = counts.get(kind, -1) + 1
            yield layer["config"]["name"], f"{kind}_{counts[kind]}" if counts[kind] else kind


class Network(nn.Module):
    """Gives logits: the last softmax is left out."""

    def __init__(self, path):
        super().__init__()
        archive = zipfile.ZipFile(path)
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        store = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")["layers"]
        names = dict(store_names(layers))
        self.parts = nn.ModuleDict()
        self.steps = []
        for layer in layers[1:]:
            name = layer["config"]["name"]
            group = store[names[name]]["vars"] if name in names else {}
            weights = [np.array(group[str(i)], np.float32) for i in range(len(group))]
            self.parts[name] = LAYERS[layer["class_name"]](layer["config"], weights)
            self.steps.append((name, inputs_of(layer["inbound_nodes"])))
        self.input = layers[0]["config"]["name"]

    def forward(self, x):
        values = {self.input: x}
        for name, inputs in self.steps:
            values[name] = self.parts[name](*(values[i] for i in inputs))
        return values[self.steps[-1][0]]


def read_picture(path):
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)
    return torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)[None].contiguous()


def median_time(task, rounds):
    times = []
    for turn in range(rounds + 3):
        start = time.perf_counter()
        task()
        if turn >= 3:
            times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[len(times) // 2]


def main(model_path, picture, rounds):
    torch.set_num_threads(1)
    network = Network(model_path).eval()
    x = read_picture(picture)
    target = [ClassifierOutputTarget(int(network(x).argmax()))]
    last, middle = network.parts["out_relu"], network.parts["block_9_add"]

    def forward():
        with torch.no_grad():
            return network(x)

    def cam(method, layer):
        made = method(model=network, target_layers=[layer])
        return lambda: made(input_tensor=x, targets=target)

    tasks = {
        "forward": (forward, rounds),
        "gradCam": (cam(GradCAM, last), rounds),
        "layerCam": (cam(LayerCAM, last), rounds),
        "scoreCam": (cam(ScoreCAM, middle), max(rounds // 10, 2)),
    }
    times = {name: median_time(task, count) for name, (task, count) in tasks.items()}
    scores = torch.softmax(forward()[0], 0).tolist()
    print(json.dumps({"torch": torch.__version__, "times": times, "scores": scores}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
