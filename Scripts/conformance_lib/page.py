"""Cases as a page: values as texts that read back to the same bits."""

from dataclasses import replace
from xml.sax.saxutils import escape

import numpy as np

from . import dtypes


def write(title, named_cases, notes=(), expects=None, feeds=None):
    """A page with a block for each (id, case). `expects` adds expectations by id; `feeds` takes what is not written as text."""
    lines = [f'<page title="{escape(title)}">']
    lines += [f"  <note>{escape(note)}</note>" for note in notes]
    for name, case in named_cases:
        if hasattr(case, "inner"):
            _gradients(lines, name, case)
        else:
            _block(lines, name, case, feeds)
        if expects and name in expects:
            lines += expects[name]
    lines.append("</page>")
    return "\n".join(lines) + "\n"


def _block(lines, name, case, feeds):
    """Writes a block with its inputs; returns where each input comes from, by pin and member."""
    pins, sources, wires, origins = [], [], [], {}
    for number, ((pin, is_list), item) in enumerate(zip(case.pins, case.inputs)):
        if item is None:
            continue
        if pin in case.updated:
            sources.append(f'  <block id="{name}_{pin}" type="Variable"><pin name="initvalues" {values(item)}</pin></block>')
            wires.append(f'  <wire from="{name}_{pin}" to="{name}.{pin}"/>')
        elif is_list or case.is_late or case.is_fed or case.is_wired:
            for index, array in enumerate(item if is_list else [item]):
                source_id = f"{name}_{pin}" + (str(index) if is_list else "")
                source = _late(sources, wires, source_id, array) if case.is_late else _constant(sources, source_id, array, feeds if case.is_fed else None)
                origins[number, index] = source
                wires.append(f'  <wire from="{source}" to="{name}.{pin}"/>')
        else:
            pins.append(f'    <pin name="{pin}" {values(item)}</pin>')
    attrs = " ".join(f'{key}="{attr_text(value)}"' for key, value in case.attrs.items())
    if attrs:
        pins.append(f"    <attrs {attrs}/>")
    lines += sources
    if pins:
        lines += [f'  <block id="{name}" type="{case.type}">', *pins, "  </block>"]
    else:
        lines.append(f'  <block id="{name}" type="{case.type}"/>')
    lines += wires
    return origins


def _gradients(lines, name, case):
    """The gradients of a block's float results, each times a tensor of its own, so that this is what flows back to it."""
    block = f"{name}_block"
    origins = _block(lines, block, replace(case.inner, is_wired=True), None)
    lines.append(f'  <block id="{name}" type="AddSymbolicGradients"/>')
    for number, (output, upstream) in enumerate(zip(case.references(), case.upstreams)):
        if upstream is None:
            continue
        product = f"{name}_p{number}"
        lines.append(f'  <block id="{product}" type="Multiply"/>')
        lines.append(f'  <wire from="{block}.{output}" to="{product}.x"/>')
        lines.append(f'  <wire from="{_constant(lines, f"{name}_u{number}", upstream)}" to="{product}.y"/>')
        lines.append(f'  <wire from="{product}" to="{name}.outputs"/>')
    lines += [f'  <wire from="{origins[place]}" to="{name}.inputs"/>' for place in case.wanted]


def _constant(lines, name, array, feeds=None):
    if feeds is None or not dtypes.is_differentiable(array):
        text = values(array)
    else:
        # What stands in the page is only of the right dtype and shape.
        feeds[name] = array
        text = values(np.zeros_like(array))
    lines.append(f'  <block id="{name}" type="Const"><pin name="val" {text}</pin></block>')
    return name


def _late(lines, wires, name, array):
    """A tensor whose shape is computed in the page, so that it is not known before the run."""
    _constant(lines, f"{name}_flat", array.reshape(-1))
    _constant(lines, f"{name}_minus", -np.array(array.shape, np.int32))
    lines.append(f'  <block id="{name}_shape" type="Negate"/>')
    lines.append(f'  <block id="{name}_late" type="Reshape"/>')
    wires.append(f'  <wire from="{name}_minus" to="{name}_shape.x"/>')
    wires.append(f'  <wire from="{name}_flat" to="{name}_late.tensor"/>')
    wires.append(f'  <wire from="{name}_shape" to="{name}_late.shape"/>')
    return f"{name}_late"


def values(array):
    """dtype, shape and text of a pin, up to its end tag."""
    shape = ", ".join(map(str, array.shape))
    return f'dtype="{dtypes.name(array)}" shape="[{shape}]">{text(array)}' if array.shape else f'dtype="{dtypes.name(array)}">{text(array)}'


def text(array):
    """The elements, flat."""
    flat = dtypes.stored(array.reshape(-1))
    if array.dtype == np.object_:
        return escape(" ".join(map(_quoted, flat)))
    if array.dtype == np.bool_:
        return " ".join("true" if item else "false" for item in flat.tolist())
    if dtypes.is_complex(array):
        return " ".join(f"{real}{'' if str(imaginary)[0] == '-' else '+'}{imaginary}j" for real, imaginary in dtypes.parts(flat))
    # numpy writes the shortest text that reads back to the same bits, and nan, inf and -0.0.
    return " ".join(map(str, flat))


def attr_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value), {'"': "&quot;"})


def _quoted(data):
    out = []
    for byte in data:
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        elif 0x20 <= byte < 0x7F:
            out.append(chr(byte))
        else:
            out.append(f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'
