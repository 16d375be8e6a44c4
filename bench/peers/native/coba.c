/*
 * COBA by hand: what a careful engineer writes in C for this one network. Conductances and potentials in arrays that the compiler
 * vectorises, exponential Euler, one list of targets for each neuron, and spikes that arrive one step later. With threads each owns a range
 * of neurons and has lists of its own that lead there, so that no two write to the same place; they meet once a step.
 *
 *   coba <neurons> <probability> <settle ms> <duration ms> <threads>
 *
 * prints { buildMs, ms, spikes, connections }: ms of the steps after those in which the network settles.
 */
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const float dt = 0.1f, rest = -60, threshold = -50, reset = -60, tau = 20, drive = 20;
static const float weightE = 0.6f, weightI = 6.7f, tauE = 5, tauI = 10, reversalE = 0, reversalI = -80;
static const int refractorySteps = 50;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

/* splitmix64 */
static double uniform(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static float normal(uint64_t *state) {
  double u = 1 - uniform(state);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * uniform(state));
}

/* The neurons of one thread, and the lists of all sources that lead to them. */
typedef struct {
  int from, to;
  float *v, *gE, *gI, *inE, *inI;
  int *rests;          /* steps of the refractory period that are left */
  int64_t *starts;     /* [sources + 1] */
  int *targets;        /* counted from `from` */
  int *fired[2], count[2];
  int64_t spikes;
} Part;

static void *array(size_t count, size_t size) {
  void *p = aligned_alloc(64, (count * size + 63) / 64 * 64);
  if (!p) exit(1);
  return p;
}

static void build(Part *p, int sources, double probability, uint64_t seed) {
  int n = p->to - p->from;
  float **floats[] = {&p->v, &p->gE, &p->gI, &p->inE, &p->inI};
  for (int k = 0; k < 5; k++) *floats[k] = array(n, sizeof(float));
  p->rests = array(n, sizeof(int));
  for (int k = 0; k < 2; k++) p->fired[k] = array(n, sizeof(int));
  for (int i = 0; i < n; i++) {
    p->v[i] = -55 + 2 * normal(&seed);
    p->gE[i] = p->gI[i] = p->inE[i] = p->inI[i] = 0;
    p->rests[i] = 0;
  }
  /* Gaps between the connections of independent pairs are geometric. */
  double scale = 1 / log1p(-probability);
  int64_t room = (int64_t)(1.1 * probability * sources * n) + 1000, used = 0;
  p->targets = array(room, sizeof(int));
  p->starts = array(sources + 1, sizeof(int64_t));
  for (int i = 0; i < sources; i++) {
    p->starts[i] = used;
    for (double j = floor(log(1 - uniform(&seed)) * scale); j < n; j += 1 + floor(log(1 - uniform(&seed)) * scale)) {
      if (used == room) exit(1);
      p->targets[used++] = (int)j;
    }
  }
  p->starts[sources] = used;
}

/* One step of the neurons of a part: those that fire are listed. */
static void update(Part *restrict p, int side) {
  int n = p->to - p->from;
  float *restrict v = p->v, *restrict gE = p->gE, *restrict gI = p->gI, *restrict inE = p->inE, *restrict inI = p->inI;
  int *restrict rests = p->rests, *restrict fired = p->fired[side];
  const float leftE = expf(-dt / tauE), leftI = expf(-dt / tauI);
#pragma omp simd
  for (int i = 0; i < n; i++) {
    float e = gE[i] * leftE + inE[i], h = gI[i] * leftI + inI[i];
    gE[i] = e;
    gI[i] = h;
    inE[i] = inI[i] = 0;
    float total = 1 + e + h, goal = (rest + drive + e * reversalE + h * reversalI) / total;
    float next = goal + (v[i] - goal) * expf(-dt / tau * total);
    v[i] = rests[i] > 0 ? v[i] : next;
    rests[i] -= rests[i] > 0;
  }
  int count = 0;
  for (int i = 0; i < n; i++)
    if (v[i] >= threshold) {
      v[i] = reset;
      rests[i] = refractorySteps;
      fired[count++] = i + p->from;
    }
  p->count[side] = count;
  p->spikes += count;
}

/* Sends the spikes of all parts to the neurons of one. */
static void deliver(Part *restrict to, const Part *parts, int threads, int side, int excitatory) {
  for (int t = 0; t < threads; t++)
    for (int k = 0; k < parts[t].count[side]; k++) {
      int i = parts[t].fired[side][k];
      float *restrict in = i < excitatory ? to->inE : to->inI, weight = i < excitatory ? weightE : weightI;
      for (int64_t c = to->starts[i]; c < to->starts[i + 1]; c++) in[to->targets[c]] += weight;
    }
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int neurons = atoi(argv[1]), threads = atoi(argv[5]), excitatory = neurons / 5 * 4;
  double probability = atof(argv[2]);
  int settle = lround(atof(argv[3]) / dt), steps = settle + lround(atof(argv[4]) / dt);
  double begun = now(), ready = 0, settled = 0;
  Part parts[threads];
  int64_t before = 0;
#pragma omp parallel num_threads(threads)
  {
    int me = omp_get_thread_num();
    parts[me] = (Part){.from = (int64_t)neurons * me / threads, .to = (int64_t)neurons * (me + 1) / threads};
    build(&parts[me], neurons, probability, 1 + me);
#pragma omp barrier
    for (int step = 0; step < steps; step++) {
      if (step == 0 || step == settle) {
#pragma omp barrier
#pragma omp master
        {
          if (step == 0) ready = now();
          if (step == settle) {
            settled = now();
            for (int t = 0; t < threads; t++) before += parts[t].spikes;
          }
        }
#pragma omp barrier
      }
      update(&parts[me], step & 1);
      /* The lists have two sides: nobody writes to one before all have passed the next barrier, when all have read it. */
#pragma omp barrier
      deliver(&parts[me], parts, threads, step & 1, excitatory);
    }
  }
  double ended = now();
  int64_t spikes = -before, connections = 0;
  for (int t = 0; t < threads; t++) spikes += parts[t].spikes, connections += parts[t].starts[neurons];
  printf("{\"buildMs\": %.3f, \"ms\": %.3f, \"spikes\": %lld, \"connections\": %lld}\n", ready - begun, ended - settled,
         (long long)spikes, (long long)connections);
}
