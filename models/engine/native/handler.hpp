// What XLA calls: the buffers of a call become a Problem, and as many threads of XLA's own pool work on it as
// there are. A thread that comes late finds the queue empty, or the call over, and touches nothing.
#include "xla/ffi/api/c_api.h"

extern "C" void* aligned_alloc(size_t, size_t);
extern "C" void free(void*);
extern "C" int usleep(unsigned);

struct Shared {
  Problem problem;
  long queue, turns, working, holders;
  int closed;
};

// Numbers below the smallest normal one are 0 in every thread, as in XLA's own: else the bits would depend on
// which thread had an item. Returns what held before.
static unsigned long flush_denormals(bool restore, unsigned long before) {
#if defined(__x86_64__)
  unsigned old = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(restore ? (unsigned)before : old | 0x8040);
  return old;
#elif defined(__aarch64__)
  unsigned long old;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old));
  unsigned long next = restore ? before : old | (1ul << 24);
  __asm__ volatile("msr fpcr, %0" : : "r"(next));
  return old;
#else
  return 0;
#endif
}

static void take_part(Shared* shared) {
  void* memory = aligned_alloc(64, (sizeof(Lanes) + 63) / 64 * 64);
  if (!memory) return;
  unsigned long before = flush_denormals(false, 0);
  long turns = work(shared->problem, *(Lanes*)memory, &shared->queue);
  flush_denormals(true, before);
  __atomic_fetch_add(&shared->turns, turns, __ATOMIC_RELAXED);
  free(memory);
}

static void let_go(Shared* shared) {
  if (__atomic_sub_fetch(&shared->holders, 1, __ATOMIC_ACQ_REL) == 0) free(shared);
}

static void helper(void* data) {
  Shared* shared = (Shared*)data;
  __atomic_fetch_add(&shared->working, 1, __ATOMIC_SEQ_CST);
  if (!__atomic_load_n(&shared->closed, __ATOMIC_SEQ_CST)) take_part(shared);
  __atomic_fetch_sub(&shared->working, 1, __ATOMIC_SEQ_CST);
  let_go(shared);
}

static void* argument(XLA_FFI_CallFrame* frame, int i) { return ((XLA_FFI_Buffer*)frame->args.args[i])->data; }
static void* result(XLA_FFI_CallFrame* frame, int i) { return ((XLA_FFI_Buffer*)frame->rets.rets[i])->data; }
static long size(XLA_FFI_CallFrame* frame, int i, int axis) {
  return ((XLA_FFI_Buffer*)frame->args.args[i])->dims[axis];
}

static XLA_FFI_Error* failed(XLA_FFI_CallFrame* frame, const char* message) {
  XLA_FFI_Error_Create_Args args = {XLA_FFI_Error_Create_Args_STRUCT_SIZE, 0, message,
                                    XLA_FFI_Error_Code_RESOURCE_EXHAUSTED};
  return frame->api->XLA_FFI_Error_Create(&args);
}

static bool asked_for_metadata(XLA_FFI_CallFrame* frame) {
  XLA_FFI_InternalExtension* extension = frame->extension_start;
  if (!extension || extension->type != XLA_FFI_Extension_Metadata) return false;
  XLA_FFI_Metadata* metadata = ((XLA_FFI_Metadata_Extension*)extension)->metadata;
  metadata->api_version.major_version = XLA_FFI_API_MAJOR;
  metadata->api_version.minor_version = XLA_FFI_API_MINOR;
  metadata->traits = 0;
  return true;
}

static void spread(XLA_FFI_CallFrame* frame, Shared* shared, long threads) {
  for (long i = 1; i < threads; i++) {
    XLA_FFI_ThreadPool_Schedule_Args args = {XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE, 0, frame->ctx, helper,
                                             shared};
    __atomic_fetch_add(&shared->holders, 1, __ATOMIC_SEQ_CST);
    XLA_FFI_Error* error = frame->api->XLA_FFI_ThreadPool_Schedule(&args);
    if (!error) continue;
    XLA_FFI_Error_Destroy_Args destroy = {XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, 0, error};
    frame->api->XLA_FFI_Error_Destroy(&destroy);
    let_go(shared);
  }
}

extern "C" XLA_FFI_Error* trajectories(XLA_FFI_CallFrame* frame) {
  if (asked_for_metadata(frame)) return 0;
  Shared* shared = (Shared*)aligned_alloc(64, (sizeof(Shared) + 63) / 64 * 64);
  if (!shared) return failed(frame, "the native kernel: no memory is left");
  Problem& p = shared->problem;
  p.parameters = (const double*)argument(frame, 0), p.inputs = (const double*)argument(frame, 1);
  p.keep = (const double*)argument(frame, 2), p.add = (const double*)argument(frame, 3);
  p.stops = (const double*)argument(frame, 4), p.begins = (const int*)argument(frame, 5);
  p.initial = (const double*)argument(frame, 6), p.rtol = (const double*)argument(frame, 7);
  p.atol = (const double*)argument(frame, 8);
  const int* whole = (const int*)argument(frame, 9);  // most steps, threads
  p.items = size(frame, 0, 0), p.periods = size(frame, 2, 1), p.stop_count = size(frame, 4, 1);
  p.max_steps = whole[0];
  p.values = (double*)result(frame, 0), p.steps = (int*)result(frame, 1), p.reason = (int*)result(frame, 2);
  for (long i = 0; i < p.items * p.stop_count * OBSERVED; i++) p.values[i] = 0.0;
  for (long i = 0; i < p.items; i++) p.steps[i] = 0, p.reason[i] = RUNNING;
  shared->queue = shared->turns = shared->working = 0, shared->holders = 1, shared->closed = 0;
  long useful = (p.items + W - 1) / W;
  spread(frame, shared, whole[1] < useful ? whole[1] : useful);
  take_part(shared);
  __atomic_store_n(&shared->closed, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&shared->working, __ATOMIC_SEQ_CST)) usleep(50);
  *(int*)result(frame, 3) = (int)shared->turns;
  bool whole_queue = shared->queue >= p.items;
  let_go(shared);
  return whole_queue ? 0 : failed(frame, "the native kernel: no memory is left");
}
