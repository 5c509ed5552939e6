# Compiler flags for every target, and the build accelerators that are used when the machine has them.

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                    -Wno-missing-field-initializers # designated initialisers name what matters
                    -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized) # false alarms on variants with g++ 12
    # A tenth of its time went into collecting garbage. With it, batches of 32 stay under 1.5 GB of memory.
    add_compile_options("SHELL:--param ggc-min-heapsize=524288")
    if(MULTIFLEXI_UNITY)
        # What is inlined into what differs with the batches, and g++ 12 has false alarms that hang on it: a file that is
        # added must not break the build of another. MULTIFLEXI_UNITY=OFF is strict.
        add_compile_options(-Wno-error=array-bounds -Wno-error=stringop-overflow)
    endif()
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Not among those of g++: a part of -Wconversion, and "|" of conditions, which is meant where it stands.
    add_compile_options(-Wno-sign-conversion -Wno-bitwise-instead-of-logical)
endif()
add_compile_definitions(_GNU_SOURCE MULTIFLEXI_VERSION="${PROJECT_VERSION}")
# Release keeps assertions: a wrong record is worse than a stopped job.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

if(MULTIFLEXI_SANITIZE STREQUAL "address")
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -O1)
    add_link_options(-fsanitize=address,undefined)
elseif(MULTIFLEXI_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -O1)
    add_link_options(-fsanitize=thread)
elseif(MULTIFLEXI_SANITIZE)
    message(FATAL_ERROR "MULTIFLEXI_SANITIZE must be address, thread or empty, not '${MULTIFLEXI_SANITIZE}'.")
endif()

if(MULTIFLEXI_SANITIZE)
    # g++ 12 gives false alarms on instrumented code (array bounds, overflows of std::string); the release build is strict.
    add_compile_options(-Wno-error -Wno-array-bounds -Wno-stringop-overflow)
endif()

if(MULTIFLEXI_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1 -g1)
    add_link_options(-fsanitize=address,undefined)
endif()

# Most of the time of a file goes into the templates of its headers, which a batch of files compiles once. All of a target at
# once is quicker by another tenth (mf_service 76 s of processor time instead of 86), but its compiler takes more than 2 GB
# then. Who changes one library all day wants small batches. 0 is all files of a target: what compiles so, does in any batch.
set(CMAKE_UNITY_BUILD ${MULTIFLEXI_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 32 CACHE STRING "Files compiled as one with MULTIFLEXI_UNITY; 0 for all of a target")

find_program(ccache_program ccache)
if(ccache_program)
    # Precompiled headers are only cached with these two.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ccache_program})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-fpch-preprocess)
    endif()
endif()
find_program(mold_program mold)
if(mold_program)
    add_link_options(-fuse-ld=mold)
endif()
