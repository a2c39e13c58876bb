"""What keeps a row from its goal, where it does: what was found and what was tried."""

LIMITS = {
    "vars-1e3": "the loop in C gets its range ready made; making it, two divisions one after the other, is the difference",
    "chain": "arguments and results of 10,000 blocks are 2.5 MB, more than a second cache of 1 MB: where that holds 2 MB or is faster, 3 to 6 ns"
    " were measured; sharing equal arguments between blocks and asking for them ahead did not help",
    "page": "the goal was set on a faster machine, where it is met; the time is spread over reading, checking and compiling, nothing stands out",
    "matmul-1024": "blocks of 192 to 384 terms and other parts for the caches were tried: 3 to 8 % at best",
    "softmax": "the product with 10 columns fills 10 of 16 lanes and reads a number of its other side for each; the gradient's product is computed"
    " the other way round, which fills them all; entropy and softmax of short rows take a tenth",
    "exp": "no multiplication is fused with an addition, so that all processors give the same bits: 28 operations for 16 numbers where fused"
    " ones need 19; the loop runs at nine tenths of what two operations per cycle allow",
    "log": "no fused multiplications, as in exp: 40 operations for 16 numbers, at four fifths of what two per cycle allow",
    "tanh": "no fused multiplications, as in exp, and a division that is rounded once: 10 cycles of a unit for 16 numbers. TensorFlow's quotient of"
    " polynomials is up to 6.5 ULP off",
    "sin": "no fused multiplications, as in exp; computed in double, 8 numbers at a time, for 1 ULP at any angle: 60 operations for 16 numbers",
    "erf": "no fused multiplications, as in exp; a polynomial of 18 terms in double, 8 numbers at a time, for 1 ULP",
}
