// What XLA calls: the buffers of a call become a Problem, and as many threads of XLA's own pool work on it as
// there are. A thread that comes late finds the queue empty, or the call over, and touches nothing.
#include "xla/ffi/api/c_api.h"

extern "C" int usleep(unsigned);

struct Shared {
  Problem problem;
  Gradient gradient;
  long queue, turns, working, holders;
  int closed, short_of_memory;
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

struct Workspace {
  Lanes lanes;
  Backward backward;
};

static void take_part(Shared* shared) {
  Workspace* memory = (Workspace*)aligned_alloc(64, (sizeof(Workspace) + 63) / 64 * 64);
  unsigned long before = flush_denormals(false, 0);
  long turns = 0;
  if (!memory || !TAKE_PART(shared->problem, shared->gradient, memory->lanes, memory->backward, &shared->queue, &turns))
    __atomic_store_n(&shared->short_of_memory, 1, __ATOMIC_SEQ_CST);
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

static long buffer_size(XLA_FFI_Buffer* buffer) {
  long count = 1;
  for (long i = 0; i < buffer->rank; i++) count *= buffer->dims[i];
  return count;
}

static double* cleared(XLA_FFI_CallFrame* frame, int i) {
  double* data = (double*)result(frame, i);
  for (long k = 0, count = buffer_size((XLA_FFI_Buffer*)frame->rets.rets[i]); k < count; k++) data[k] = 0.0;
  return data;
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
  p.values = cleared(frame, 0), p.steps = (int*)result(frame, 1), p.reason = (int*)result(frame, 2);
  for (long i = 0; i < p.items; i++) p.steps[i] = 0, p.reason[i] = RUNNING;
  if (WITH_GRADIENT) {
    shared->gradient.cotangent = (const double*)argument(frame, 10);
    shared->gradient.parameters = cleared(frame, 4), shared->gradient.inputs = cleared(frame, 5);
    shared->gradient.keep = cleared(frame, 6), shared->gradient.add = cleared(frame, 7);
  }
  shared->queue = shared->turns = shared->working = 0, shared->holders = 1;
  shared->closed = shared->short_of_memory = 0;
  long vectors = (p.items + W - 1) / W, threads = whole[1] < vectors ? whole[1] : vectors;
  p.block = W * ((vectors + threads - 1) / (threads > 0 ? threads : 1));
  if (p.block > BLOCK) p.block = BLOCK;
  spread(frame, shared, threads);
  take_part(shared);
  __atomic_store_n(&shared->closed, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&shared->working, __ATOMIC_SEQ_CST)) usleep(50);
  *(int*)result(frame, 3) = (int)shared->turns;
  bool enough = !shared->short_of_memory;
  let_go(shared);
  return enough ? 0 : failed(frame, "the native kernel: no memory is left");
}
