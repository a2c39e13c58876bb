"""What keeps a row from its goal, where it does: what was found and what was tried."""

LIMITS = {
    "vars-1e3": "the loop in C gets its range ready made; making it, two divisions one after the other, is the difference",
    "chain": "arguments and results of 10,000 blocks are 2.5 MB, more than a second cache of 1 MB: where that holds 2 MB or is faster, 3 to 6 ns"
    " were measured; sharing equal arguments between blocks and asking for them ahead did not help",
    "page": "the goal was set on a faster machine, where it is met; the time is spread over reading, checking and compiling, nothing stands out",
    "matmul-1024": "blocks of 192 to 384 terms and other parts for the caches were tried: 3 to 8 % at best",
    "softmax": "the product with 10 columns fills 10 of 16 lanes and reads a number of its other side for each; the gradient's product is computed"
    " the other way round, which fills them all; entropy and softmax of short rows take a tenth",
    "exp": "no multiplication is fused with an addition, so that all processors give the same bits: each of PyTorch's steps is two here, 31"
    " instructions for 16 numbers; by llvm-mca the loop is at 86 % of what the processor's two vector units allow",
    "log": "no fused multiplications, as in exp: 41 instructions for 16 numbers, at 79 % of what two units allow",
    "tanh": "no fused multiplications, as in exp: 52 instructions for 16 numbers, one of them a division that is rounded once; TensorFlow's is up"
    " to 6.5 ULP off, ours 1",
    "sin": "no fused multiplications, as in exp; computed in double, for 1 ULP at any angle: 82 instructions for 16 numbers",
    "erf": "no fused multiplications, as in exp; a polynomial of 18 terms in double, for 1 ULP: 100 instructions for 16 numbers",
    "divide": "a million divisions are as fast as memory: 0.86 and 1.01 in two runs",
    "lgamma": "as fast as PyTorch within what two runs differ, and at most 1 ULP off",
    "sum-columns": "a million elements are as fast as memory: 1.03 and 1.17 in two runs",
    "matmul-sizes": "the last one is 400 by 400, where the library behind PyTorch comes nearer to the peak",
    "where-1000000": "all four are within 10 % of each other",
    "gather-rows-1000000": "rows of 64 are as fast as memory: 0.87 and 1.07 in two runs",
}
