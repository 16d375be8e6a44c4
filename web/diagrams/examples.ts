/** Terms to begin with, as a person writes them. The architectures of the gallery are traced when they are asked for. */
export interface Example {
  readonly name: string
  readonly text: string
}

export const examples: readonly Example[] = [
  {
    name: "multi-head attention",
    text: `let y=20 x=22 m=128 k=16 h=4
bold Q : y m -> y k h | bold K : x m -> x k h | bold V : x m -> x k h ;
einsum : y k h, x k h -> y x h | id : x k h ;
map[mul(a,0.25)] : y x h -> y x h | id : x k h ;
softmax[x] : y x h -> y x h | id : x k h ;
einsum : y x h, x k h -> y k h ;
bold O : y k h -> y m`,
  },
  {
    name: "scaled attention",
    text: `let y=5 x=3 k=4
einsum : y k, x k -> y x | id : x k ;
map[mul(a,0.5)] : y x -> y x | id : x k ;
softmax[x] : y x -> y x | id : x k ;
einsum : y x, x k -> y k`,
  },
  {
    name: "a product in small steps",
    text: `let y=5 x=3 k=4 h=2 k'=4
einsum : y k h -> h y k | einsum : x k[k'] h -> h x k' ;
einsum : h y k, h x k' -> h y k x k' ;
einsum : h y k x k'[k] -> h y x k ;
einsum : h y x k -> y x h`,
  },
  {
    name: "a residual block, lifted over whatever comes in",
    text: `let b=4 t=6 m=16 n=32
sin : b t m -> b t m ;
[0,0] ;
id : b t m | * bold Up + : * m -> * n ;
id : b t m | relu : b t n -> b t n ;
id : b t m | * bold Down + : * n -> * m ;
add : b t m, b t m -> b t m`,
  },
  {
    name: "a recurrent network",
    text: `let t=12 m=6 n=8 n'=8
map[0] : () -> n | id : t m ;
scan t constants 0 carries 1 "step" {
  bold R + : n -> n' | bold W : m -> n' ;
  map[tanh(add(a,b))] : n'[n], n'[n] -> n ;
  [0,0] : n
} ;
[1] : n, t n`,
  },
  {
    name: "a convolution",
    text: `let b=2 c=3 d=8 x=18 u=8 w=3
convolution : b c x[2u+w], "kernel"(d c w) -> b d u ;
relu : b d u -> b d u ;
max[u] : b d u -> b d`,
  },
]
