"""Builds the sentence encoder's ONNX graph from BERT weights.

The graph is the BERT encoder (Devlin et al. 2019, arXiv:1810.04805) followed by mean pooling over the tokens and
L2 normalisation, as Sentence-BERT does (Reimers & Gurevych 2019, arXiv:1908.10084). The inputs are ``token_vectors``,
float32 of shape (batch, tokens, hidden), and ``attention_mask``, int64 of shape (batch, tokens); the output
``embedding`` is float32 of shape (batch, hidden). The table of word vectors stays outside the graph, where it can be
mapped from disk: a multilingual one is four times as large as all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[np.float32]

OPSET = 17
IR_VERSION = 8


@dataclass(frozen=True)
class BertShape:
    """The sizes that the weights do not tell by themselves."""

    layers: int
    heads: int
    hidden: int
    epsilon: float = 1e-12


class _Graph:
    """Collects nodes and constants; every method returns the name of the value it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def ints(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, dtype=np.int64))

    def split(self, value: str, name: str, size: int, count: int, *, axis: int) -> list[str]:
        """So many parts of a value, each ``size`` long along an axis."""
        outputs = [f"{name}.{number}" for number in range(count)]
        sizes = self.ints(f"{name}.sizes", *[size] * count)
        self.nodes.append(helper.make_node("Split", [value, sizes], outputs, name=name, axis=axis))
        return outputs

    def op(self, kind: str, name: str, *inputs: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name


def build_bert(weights: Mapping[str, Array], shape: BertShape) -> onnx.ModelProto:
    """The encoder as an ONNX model in float32.

    Args:
        weights: Tensors under the names that Hugging Face's ``BertModel`` gives them.
        shape: Number of layers and heads, hidden size.

    Raises:
        KeyError: A tensor is missing.
    """
    graph = _Graph()
    mask = _additive_mask(graph)
    value = _embed(graph, weights, shape)
    for layer in range(shape.layers):
        value = _layer(graph, weights, shape, layer, value, mask)
    _pool(graph, value)
    tokens = helper.make_tensor_value_info("token_vectors", TensorProto.FLOAT, ["batch", "tokens", shape.hidden])
    attention = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"])
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", shape.hidden])
    proto = helper.make_graph(graph.nodes, "sentence-encoder", [tokens, attention], [output], graph.constants)
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return model


def quantize(source: Path, target: Path) -> None:
    """Writes an int8 copy of the graph (dynamic quantisation: weights int8, activations at run time).

    Weights take 7 of the 8 bits: with all 8, processors without VNNI overflow in the products of some texts, and the
    same text has another vector there than elsewhere.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def _additive_mask(graph: _Graph) -> str:
    as_float = graph.op("Cast", "mask.float", "attention_mask", to=TensorProto.FLOAT)
    axes = graph.ints("mask.axes", 1, 2)
    wide = graph.op("Unsqueeze", "mask.wide", as_float, axes)
    one = graph.constant("mask.one", np.array(1.0, dtype=np.float32))
    low = graph.constant("mask.low", np.array(-10000.0, dtype=np.float32))
    return graph.op("Mul", "mask.add", graph.op("Sub", "mask.inverse", one, wide), low)


def _embed(graph: _Graph, weights: Mapping[str, Array], shape: BertShape) -> str:
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    table = graph.constant("positions.table", positions[None])
    size = graph.op("Shape", "tokens.shape", "attention_mask", start=1, end=2)
    position = graph.op("Slice", "positions", table, graph.ints("zero", 0), size, graph.ints("token.axis", 1))
    summed = graph.op("Add", "embeddings.sum", "token_vectors", position)
    return _norm(graph, weights, "embeddings.LayerNorm", summed, shape)


def _norm(graph: _Graph, weights: Mapping[str, Array], name: str, value: str, shape: BertShape) -> str:
    scale = graph.constant(f"{name}.scale", weights[f"{name}.weight"])
    bias = graph.constant(f"{name}.shift", weights[f"{name}.bias"])
    return graph.op("LayerNormalization", f"{name}.out", value, scale, bias, axis=-1, epsilon=shape.epsilon)


def _dense(graph: _Graph, weights: Mapping[str, Array], name: str, value: str) -> str:
    matrix = graph.constant(f"{name}.matrix", weights[f"{name}.weight"].T)
    bias = graph.constant(f"{name}.offset", weights[f"{name}.bias"])
    return graph.op("Add", f"{name}.out", graph.op("MatMul", f"{name}.product", value, matrix), bias)


def _layer(graph: _Graph, weights: Mapping[str, Array], shape: BertShape, layer: int, value: str, mask: str) -> str:
    name = f"encoder.layer.{layer}"
    attended = _attention(graph, weights, shape, name, value, mask)
    projected = _dense(graph, weights, f"{name}.attention.output.dense", attended)
    residual = graph.op("Add", f"{name}.attention.residual", projected, value)
    middle = _norm(graph, weights, f"{name}.attention.output.LayerNorm", residual, shape)
    wide = _gelu(graph, name, _dense(graph, weights, f"{name}.intermediate.dense", middle))
    narrow = _dense(graph, weights, f"{name}.output.dense", wide)
    return _norm(graph, weights, f"{name}.output.LayerNorm", graph.op("Add", f"{name}.residual", narrow, middle), shape)


def _attention(graph: _Graph, weights: Mapping[str, Array], shape: BertShape, name: str, value: str, mask: str) -> str:
    size = shape.hidden // shape.heads
    # Query, key and value in one product: a third of the calls, and the activations are quantised once.
    joint = _dense(graph, _joined(weights, name, 1.0 / np.sqrt(size)), f"{name}.joint", value)
    parted = graph.op("Reshape", f"{name}.parted", joint, graph.ints(f"{name}.split", 0, 0, 3 * shape.heads, size))
    turned = graph.op("Transpose", f"{name}.turned", parted, perm=[0, 2, 1, 3])
    query, key, content = graph.split(turned, f"{name}.heads", shape.heads, 3, axis=1)
    turned_key = graph.op("Transpose", f"{name}.key", key, perm=[0, 1, 3, 2])
    masked = graph.op("Add", f"{name}.masked", graph.op("MatMul", f"{name}.dots", query, turned_key), mask)
    attention = graph.op("Softmax", f"{name}.attention", masked, axis=-1)
    mixed = graph.op("MatMul", f"{name}.mixed", attention, content)
    order = graph.op("Transpose", f"{name}.mixed.order", mixed, perm=[0, 2, 1, 3])
    return graph.op("Reshape", f"{name}.context", order, graph.ints(f"{name}.join", 0, 0, shape.hidden))


def _joined(weights: Mapping[str, Array], name: str, scale: float) -> dict[str, Array]:
    """The weights of query, key and value as one layer ``joint``; the query is scaled, not the dots later."""
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    scales = (np.float32(scale), np.float32(1), np.float32(1))
    return {
        f"{name}.joint.{kind}": np.concatenate([weights[f"{part}.{kind}"] * by for part, by in zip(parts, scales)])
        for kind in ("weight", "bias")
    }


def _gelu(graph: _Graph, name: str, value: str) -> str:
    root = graph.constant(f"{name}.gelu.root", np.array(np.sqrt(2.0), dtype=np.float32))
    one = graph.constant(f"{name}.gelu.one", np.array(1.0, dtype=np.float32))
    half = graph.constant(f"{name}.gelu.half", np.array(0.5, dtype=np.float32))
    error = graph.op("Erf", f"{name}.gelu.erf", graph.op("Div", f"{name}.gelu.div", value, root))
    gate = graph.op("Add", f"{name}.gelu.gate", error, one)
    return graph.op("Mul", f"{name}.gelu.out", graph.op("Mul", f"{name}.gelu.full", value, gate), half)


def _pool(graph: _Graph, value: str) -> None:
    axes = graph.ints("pool.axes", 2)
    mask = graph.op("Unsqueeze", "pool.mask", "mask.float", axes)
    kept = graph.op("Mul", "pool.kept", value, mask)
    total = graph.op("ReduceSum", "pool.total", kept, graph.ints("pool.tokens", 1), keepdims=0)
    count = graph.op("ReduceSum", "pool.count", mask, graph.ints("pool.count.axis", 1), keepdims=0)
    mean = graph.op("Div", "pool.mean", total, count)
    graph.op("LpNormalization", "embedding", mean, axis=-1, p=2)
