// Polynomials for log Γ from 1/2 to 16, four for each power of two: from 2^e (1 + k/4) to 2^e (1 + (k + 1)/4).
#ifndef ENUFLOW_LGAMMA_TABLE_H
#define ENUFLOW_LGAMMA_TABLE_H

#include <stdint.h>

enum { EF_LGAMMA_TERMS = 10 };

// The distances of a row's polynomial are measured from its first number; the coefficients follow, the constant one first. They pass
// through Chebyshev nodes, computed with 50 digits; the relative error is below 2^-38. Rows that end at 1 or 2, where log Γ is 0, are
// measured from there and have no constant.
static inline const double *_Nonnull ef_lgamma_row(int64_t row) {
  static const double rows[20][1 + EF_LGAMMA_TERMS] = {
      {0x1.2000000000000p-1, 0x1.d5a9c6fd7af54p-2, -0x1.af368e27706fdp+0, 0x1.02f38706899a7p+1,
       -0x1.ff559986a5dbep+0, 0x1.461a72b3e9313p+1, -0x1.c9a5458c2a7bdp+1, 0x1.5172abb2e36b6p+2,
       -0x1.00b7313b9d909p+3, 0x1.993c220012006p+3, -0x1.4378367d91907p+4},
      {0x1.6000000000000p-1, 0x1.1af9277324c59p-2, -0x1.4186a031a5b3dp+0, 0x1.7551b995d4e66p+0,
       -0x1.20dbe0e8bae53p+0, 0x1.28397e7d4bbafp+0, -0x1.519386f6dc005p+0, 0x1.9603742c7ab41p+0,
       -0x1.f8b3a848d0acap+0, 0x1.4630cb00c251ep+1, -0x1.a5b4f6908da76p+1},
      {0x1.a000000000000p-1, 0x1.1f1439176491fp-3, -0x1.df8adce041c8fp-1, 0x1.1f65293388e78p+0,
       -0x1.6a205ac8e22e6p-1, 0x1.34bd1cdc828ddp-1, -0x1.27346a2c91135p-1, 0x1.2b3582d58cddep-1,
       -0x1.3a15d7ba9cd8fp-1, 0x1.558f6d8eccc2ap-1, -0x1.756d35cf31b75p-1},
      {0x1p+0, 0, -0x1.2788cfc6fb671p-1, 0x1.a51a662514cbdp-1,
       -0x1.9a4d55eca89fap-2, 0x1.15131404ef3f0p-2, -0x1.a8be6a141059cp-3, 0x1.5ad6f6f071906p-3,
       -0x1.2c797bf9cf971p-3, 0x1.afad01369f8c8p-4, -0x1.83800c7c81057p-3},
      {0x1p+0, 0, -0x1.2788cfc6f8e15p-1, 0x1.a51a661ed9acap-1,
       -0x1.9a4d506cc6668p-2, 0x1.1512453dcdafcp-2, -0x1.a895612e5ad0fp-3, 0x1.598dab29fbd84p-3,
       -0x1.1ad03af7b7cefp-3, 0x1.97a9904889308p-4, -0x1.67a7dc524bd1bp-5},
      {0x1.6000000000000p+0, -0x1.e25359cc3b7f9p-4, -0x1.65b6a3ea077b2p-4, 0x1.0cf87b2d47705p-1,
       -0x1.61afe37121d8dp-3, 0x1.4c3c1837b7e08p-4, -0x1.6880635e12494p-5, 0x1.a5aba17ae5eddp-6,
       -0x1.01eccc1ef6a40p-6, 0x1.4a4aa7280afaap-7, -0x1.a8c408a82c34ep-8},
      {0x1.a000000000000p+0, -0x1.bf2d6060df79dp-4, 0x1.2da706f90c739p-3, 0x1.aeaf8f943a85dp-2,
       -0x1.cde12aa3b61f0p-4, 0x1.6627ef4257fbbp-5, -0x1.436a5afb6a9a9p-6, 0x1.3c8b2947ec9a6p-7,
       -0x1.4536ae0483b6dp-8, 0x1.5cf1bd81a95c0p-9, -0x1.7a672193576fbp-10},
      {0x1p+1, 0, 0x1.b0ee607209375p-2, 0x1.4a34cc4a52ee5p-2,
       -0x1.13e001bcab81bp-4, 0x1.51321be9bc1dbp-6, -0x1.e409b6232430ap-8, 0x1.7a720cd835bc9p-9,
       -0x1.3e36eba7bbb7ep-10, 0x1.c2c67506fcebbp-12, -0x1.8bf6256dcdaf4p-12},
      {0x1p+1, 0, 0x1.b0ee60720bcc2p-2, 0x1.4a34cc4722849p-2,
       -0x1.13dffeec713f0p-4, 0x1.5131482f21fa4p-6, -0x1.e3dfc43d3404ep-8, 0x1.7920599d867a7p-9,
       -0x1.2c32d0eed4639p-10, 0x1.a9b088ec90379p-12, -0x1.745749f9cd940p-14},
      {0x1.6000000000000p+1, 0x1.e69eac73eab96p-2, 0x1.a346fec1dc56fp-1, 0x1.c012ae04ddb12p-3,
       -0x1.01a88b85d2f40p-5, 0x1.b696d32639fecp-8, -0x1.ba7d3fbc74d34p-10, 0x1.ea797fcae6991p-12,
       -0x1.2052e2965e1e0p-13, 0x1.6652c333ea052p-15, -0x1.c30246894b155p-17},
      {0x1.a000000000000p+1, 0x1.df216e434a8fap-1, 0x1.0459842f5df86p+0, 0x1.706ef6881a59dp-3,
       -0x1.5df433078fe67p-6, 0x1.ede2fffddf698p-9, -0x1.9e8073ba1ba47p-11, 0x1.7f50ced3032b7p-13,
       -0x1.78e2ef0b7f36cp-15, 0x1.86ac39b255d0bp-17, -0x1.9cbb2ff96f7f6p-19},
      {0x1.e000000000000p+1, 0x1.7c9ff21d3df6bp+0, 0x1.2ebac53262895p+0, 0x1.38ab02a5deb42p-3,
       -0x1.f96d28c6277a5p-7, 0x1.303999c2ab7a4p-9, -0x1.b489d1a8ec001p-12, 0x1.59c7e02acc439p-14,
       -0x1.23b38d4cf79fap-16, 0x1.0310a1e118e3ep-18, -0x1.d6ebf1dc86f7ep-21},
      {0x1.2000000000000p+2, 0x1.3a140a3a62462p+1, 0x1.638d0b87144ffp+0, 0x1.fd6396390d797p-4,
       -0x1.502eac878161dp-7, 0x1.4b33e873cb123p-10, -0x1.85bbed6009219p-13, 0x1.fb340eaab625bp-16,
       -0x1.6024d07cab43dp-18, 0x1.058f097b86d7dp-20, -0x1.88b6052e0d4f0p-23},
      {0x1.6000000000000p+2, 0x1.fa99a5e94986fp+1, 0x1.9c7099bff7e17p+0, 0x1.9840d2467c058p-4,
       -0x1.b0a2a5099ae73p-8, 0x1.56c4299294d9cp-11, -0x1.44debcccc152cp-14, 0x1.5510f39a34176p-17,
       -0x1.7e8b9e593debbp-20, 0x1.c7fdd1a07f795p-23, -0x1.15188943d37a9p-25},
      {0x1.a000000000000p+2, 0x1.6a676ab2aa097p+2, 0x1.cafc3ca8b2105p+0, 0x1.548cfc96fc86fp-4,
       -0x1.2d5563b551d1dp-8, 0x1.8f0e4ce04571ep-12, -0x1.3c62ae4748d24p-15, 0x1.161a5f7434a6ap-18,
       -0x1.055e5ad8fd835p-21, 0x1.041a455171215p-24, -0x1.093b1638489ebp-27},
      {0x1.e000000000000p+2, 0x1.e233060e41f80p+2, 0x1.f25eb2d014868p+0, 0x1.2413cda19c151p-4,
       -0x1.bb9333dc4c4efp-9, 0x1.f867394f6b408p-13, -0x1.5794be69ef326p-16, 0x1.039d634cd981ap-19,
       -0x1.a3b37d86e48a2p-23, 0x1.666d7f0c7b151p-26, -0x1.3a9f14ea0c171p-29},
      {0x1.2000000000000p+3, 0x1.5358e82fcb740p+3, 0x1.12008a3a23e49p+1, 0x1.e154473f57341p-5,
       -0x1.2d51d4f22b5efp-9, 0x1.1aa03bfdf9f1cp-13, -0x1.3dc0cc21aa3e9p-17, 0x1.8c71b50f5d5c5p-21,
       -0x1.08b7776fa2454p-24, 0x1.7acf3f9129084p-28, -0x1.1320691e0b538p-31},
      {0x1.6000000000000p+3, 0x1.e357590954d1cp+3, 0x1.2d063a9529960p+1, 0x1.85cd22b6d5659p-5,
       -0x1.8b64b0d2555a4p-10, 0x1.2c931674391c8p-14, -0x1.11fd49140ca8dp-18, 0x1.1548f862e1fdep-22,
       -0x1.2c75b7b2a2ce5p-26, 0x1.5a6f814da838dp-30, -0x1.987549ad3720ep-34},
      {0x1.a000000000000p+3, 0x1.3fcba16d50144p+4, 0x1.4353cdfa02cc7p+1, 0x1.478170c2a9806p-5,
       -0x1.172cae2e90a27p-10, 0x1.64c6651e99ed6p-15, -0x1.116c5aa1204f5p-19, 0x1.d16594a37a0b6p-24,
       -0x1.a828cf4f183a6p-28, 0x1.99bdc7e29146fp-32, -0x1.966a660439b81p-36},
      {0x1.e000000000000p+3, 0x1.930f3df162a43p+4, 0x1.5650fdccfffc4p+1, 0x1.1a5ef8a0cb758p-5,
       -0x1.9f1d2f125f1a4p-11, 0x1.c983b843f212dp-16, -0x1.2e6dc3a20e2aap-20, 0x1.bc11fd217f46cp-25,
       -0x1.5d2e4890af545p-29, 0x1.2251b8129d0afp-33, -0x1.f0f43a1e412f3p-38},
  };
  return rows[row];
}

#endif
