/*
 * A Vulkan driver in front of Mesa's RADV, for machines without an AMD GPU.
 *
 * RADV opens without hardware where RADV_FORCE_FAMILY names a GPU. It then compiles pipelines with the real compiler,
 * but it cannot record or execute commands. Dawn does both while it opens a device. This driver passes every call to
 * RADV, with these exceptions:
 *
 * - commands, queues, fences and semaphores do nothing and report success;
 * - each compute pipeline is made with VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR, and the compiler's statistics
 *   are appended as a line of JSON to the file that KERNELS_STATISTICS names, with the assembly where
 *   KERNELS_ASSEMBLY is set.
 *
 * KERNELS_DRIVER is RADV's library.
 */
#define VK_NO_PROTOTYPES
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>
#include <vulkan/vk_icd.h>

typedef PFN_vkVoidFunction (*Lookup)(VkInstance, const char *);

/* RADV's functions. */
static PFN_vkNegotiateLoaderICDInterfaceVersion radv_negotiate;
static Lookup radv_instance;
static Lookup radv_physical_device;
static PFN_vkGetDeviceProcAddr radv_device;
static PFN_vkCreateDevice radv_create_device;
static PFN_vkCreateComputePipelines radv_create_pipelines;
static PFN_vkGetPipelineExecutablePropertiesKHR radv_executables;
static PFN_vkGetPipelineExecutableStatisticsKHR radv_statistics;
static PFN_vkGetPipelineExecutableInternalRepresentationsKHR radv_representations;

static void load(void) {
  if (radv_instance) return;
  const char *path = getenv("KERNELS_DRIVER");
  void *library = dlopen(path ? path : "libvulkan_radeon.so", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  radv_negotiate =
      (PFN_vkNegotiateLoaderICDInterfaceVersion)dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
  radv_instance = (Lookup)dlsym(library, "vk_icdGetInstanceProcAddr");
  radv_physical_device = (Lookup)dlsym(library, "vk_icdGetPhysicalDeviceProcAddr");
}

/* Replaces functions with any parameters that return VK_SUCCESS or nothing. */
static VkResult nothing(void) { return VK_SUCCESS; }

/* Every value that Dawn waits for has been reached. */
static VkResult counter_value(VkDevice device, VkSemaphore semaphore, uint64_t *value) {
  *value = UINT64_MAX >> 1;
  return VK_SUCCESS;
}

/* Handles that nothing dereferences, because all functions that take one are replaced. */
static uint64_t handles;

static VkResult create_fence(VkDevice device, const void *info, const VkAllocationCallbacks *allocator,
                             VkFence *fence) {
  *fence = (VkFence)(uintptr_t)++handles;
  return VK_SUCCESS;
}

static VkResult create_semaphore(VkDevice device, const void *info, const VkAllocationCallbacks *allocator,
                                 VkSemaphore *semaphore) {
  *semaphore = (VkSemaphore)(uintptr_t)++handles;
  return VK_SUCCESS;
}

static VkResult no_file(VkDevice device, const void *info, int *file) {
  *file = -1;
  return VK_SUCCESS;
}

/* Enables the extension that reports statistics. */
static VkResult create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                              const VkAllocationCallbacks *allocator, VkDevice *device) {
  uint32_t count = info->enabledExtensionCount;
  const char **names = malloc((count + 1) * sizeof *names);
  memcpy(names, info->ppEnabledExtensionNames, count * sizeof *names);
  names[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
      .pNext = (void *)info->pNext,
      .pipelineExecutableInfo = VK_TRUE,
  };
  VkDeviceCreateInfo with = *info;
  with.pNext = &feature;
  with.enabledExtensionCount = count + 1;
  with.ppEnabledExtensionNames = names;
  VkResult result = radv_create_device(physical, &with, allocator, device);
  free(names);
  return result;
}

static void write_statistic(FILE *file, const VkPipelineExecutableStatisticKHR *statistic) {
  fprintf(file, ",\"%s\":", statistic->name);
  switch (statistic->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
      fprintf(file, "%u", statistic->value.b32);
      break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
      fprintf(file, "%lld", (long long)statistic->value.i64);
      break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
      fprintf(file, "%llu", (unsigned long long)statistic->value.u64);
      break;
    default:
      fprintf(file, "%g", statistic->value.f64);
  }
}

static int wants_assembly(void) { return getenv("KERNELS_ASSEMBLY") != NULL; }

/* The last representation is the assembly. */
static void write_assembly(FILE *file, VkDevice device, const VkPipelineExecutableInfoKHR *executable) {
  uint32_t count = 0;
  radv_representations(device, executable, &count, NULL);
  VkPipelineExecutableInternalRepresentationKHR *found = calloc(count, sizeof *found);
  for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  radv_representations(device, executable, &count, found);
  for (uint32_t i = 0; i < count; i++) found[i].pData = calloc(1, found[i].dataSize + 1);
  radv_representations(device, executable, &count, found);
  fprintf(file, ",\"Assembly\":\"");
  for (const char *c = count > 0 ? found[count - 1].pData : ""; *c; c++) {
    if (*c == '\n') fputs("\\n", file);
    else if (*c == '"' || *c == '\\') fprintf(file, "\\%c", *c);
    else if ((unsigned char)*c >= ' ') fputc(*c, file);
  }
  fputc('"', file);
  for (uint32_t i = 0; i < count; i++) free(found[i].pData);
  free(found);
}

/* Appends the statistics of a pipeline, which has one executable. */
static void report(VkDevice device, VkPipeline pipeline) {
  const char *path = getenv("KERNELS_STATISTICS");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file) return;
  VkPipelineInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
  VkPipelineExecutablePropertiesKHR executable = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  uint32_t executables = 1;
  radv_executables(device, &info, &executables, &executable);
  fprintf(file, "{\"Subgroup size\":%u", executable.subgroupSize);
  VkPipelineExecutableInfoKHR first = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline};
  uint32_t count = 0;
  radv_statistics(device, &first, &count, NULL);
  VkPipelineExecutableStatisticKHR *statistics = calloc(count, sizeof *statistics);
  for (uint32_t i = 0; i < count; i++) statistics[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  radv_statistics(device, &first, &count, statistics);
  for (uint32_t i = 0; i < count; i++) write_statistic(file, &statistics[i]);
  if (wants_assembly()) write_assembly(file, device, &first);
  fprintf(file, "}\n");
  fclose(file);
  free(statistics);
}

static VkResult create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                 const VkComputePipelineCreateInfo *infos, const VkAllocationCallbacks *allocator,
                                 VkPipeline *pipelines) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  VkResult last = VK_SUCCESS;
  for (uint32_t i = 0; i < count; i++) {
    VkComputePipelineCreateInfo info = infos[i];
    info.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR;
    if (wants_assembly()) info.flags |= VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    /* Without a cache, because a cached pipeline has no statistics. */
    VkResult result = radv_create_pipelines(device, VK_NULL_HANDLE, 1, &info, allocator, &pipelines[i]);
    if (result != VK_SUCCESS) {
      last = result;
      continue;
    }
    pthread_mutex_lock(&lock);
    report(device, pipelines[i]);
    pthread_mutex_unlock(&lock);
  }
  return last;
}

static PFN_vkVoidFunction device_function(VkDevice device, const char *name);

/* Returns the function that takes the place of RADV's. */
static PFN_vkVoidFunction replaced(const char *name, PFN_vkVoidFunction radv, VkDevice device) {
  static const char *const does_nothing[] = {
      "vkBeginCommandBuffer", "vkEndCommandBuffer", "vkResetCommandBuffer", "vkResetCommandPool",
      "vkQueueSubmit", "vkQueueSubmit2", "vkQueueSubmit2KHR", "vkQueueBindSparse", "vkQueueWaitIdle",
      "vkDeviceWaitIdle",
      "vkWaitForFences", "vkGetFenceStatus", "vkResetFences", "vkDestroyFence", "vkImportFenceFdKHR",
      "vkWaitSemaphores", "vkWaitSemaphoresKHR", "vkSignalSemaphore", "vkDestroySemaphore", "vkImportSemaphoreFdKHR",
  };
  static const struct { const char *name; PFN_vkVoidFunction function; } replacements[] = {
      {"vkGetSemaphoreCounterValue", (PFN_vkVoidFunction)counter_value},
      {"vkGetSemaphoreCounterValueKHR", (PFN_vkVoidFunction)counter_value},
      {"vkCreateFence", (PFN_vkVoidFunction)create_fence},
      {"vkCreateSemaphore", (PFN_vkVoidFunction)create_semaphore},
      {"vkGetFenceFdKHR", (PFN_vkVoidFunction)no_file},
      {"vkGetSemaphoreFdKHR", (PFN_vkVoidFunction)no_file},
      {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_function},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
      {"vkCreateComputePipelines", (PFN_vkVoidFunction)create_pipelines},
  };
  /* Extensions that RADV does not have stay absent. */
  if (!radv) return NULL;
  if (!strncmp(name, "vkCmd", 5)) return (PFN_vkVoidFunction)nothing;
  for (size_t i = 0; i < sizeof does_nothing / sizeof *does_nothing; i++)
    if (!strcmp(name, does_nothing[i])) return (PFN_vkVoidFunction)nothing;
  if (!strcmp(name, "vkGetDeviceProcAddr")) radv_device = (PFN_vkGetDeviceProcAddr)radv;
  if (!strcmp(name, "vkCreateDevice")) radv_create_device = (PFN_vkCreateDevice)radv;
  if (!strcmp(name, "vkCreateComputePipelines") && device) {
    radv_create_pipelines = (PFN_vkCreateComputePipelines)radv;
    radv_executables = (PFN_vkGetPipelineExecutablePropertiesKHR)radv_device(
        device, "vkGetPipelineExecutablePropertiesKHR");
    radv_statistics = (PFN_vkGetPipelineExecutableStatisticsKHR)radv_device(
        device, "vkGetPipelineExecutableStatisticsKHR");
    radv_representations = (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)radv_device(
        device, "vkGetPipelineExecutableInternalRepresentationsKHR");
  }
  for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++)
    if (!strcmp(name, replacements[i].name)) return replacements[i].function;
  return radv;
}

static PFN_vkVoidFunction device_function(VkDevice device, const char *name) {
  return replaced(name, radv_device(device, name), device);
}

/* The interface between the Vulkan loader and a driver. */

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char *name) {
  load();
  return replaced(name, radv_instance(instance, name), VK_NULL_HANDLE);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *name) {
  load();
  return radv_physical_device ? radv_physical_device(instance, name) : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  load();
  return radv_negotiate(version);
}
