# mf_library(base LINK lib ...): src/<folder>/**.cpp become the static library mf_<folder>;
# its *_test.cpp become the test program <folder>_test, run by ctest under the label "unit"; the tests among them that
# are decorated with doctest::test_suite("corpus") read the collected definitions and have the label "corpus".
# The target unit_tests builds all of these programs.
# WITHOUT subfolder: that is a library of its own, so that who needs the rest does not link what it needs;
# mf_library(net/server ...) makes mf_net_server and net_server_test.
if(NOT TARGET unit_tests)
    add_custom_target(unit_tests)
endif()
function(mf_library folder)
    cmake_parse_arguments(ARG "" "WITHOUT" "LINK" ${ARGN})
    file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    if(ARG_WITHOUT)
        list(FILTER all EXCLUDE REGEX "/${folder}/${ARG_WITHOUT}/")
    endif()
    string(REPLACE "/" "_" folder ${folder})
    set(tests ${all})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    set(sources ${all})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    add_library(mf_${folder} STATIC ${sources})
    target_include_directories(mf_${folder} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(mf_${folder} PUBLIC ${ARG_LINK})
    mf_precompile(mf_${folder})
    if(MULTIFLEXI_TESTS AND tests)
        add_executable(${folder}_test ${tests})
        target_link_libraries(${folder}_test PRIVATE mf_${folder} mf_testing)
        mf_compile_quickly(${folder}_test)
        add_dependencies(unit_tests ${folder}_test)
        add_test(NAME unit_${folder} COMMAND ${folder}_test --test-suite-exclude=corpus)
        set_tests_properties(unit_${folder} PROPERTIES LABELS unit TIMEOUT 900)
        add_test(NAME corpus_${folder} COMMAND ${folder}_test --test-suite=corpus)
        set_tests_properties(corpus_${folder} PROPERTIES LABELS corpus TIMEOUT 300)
    endif()
endfunction()

# The headers that nearly every file includes are parsed once for all targets with the same options: those of the programs,
# with the headers of mf_base, and those of tests (mf_compile_quickly), with the headers of mf_testing.
set(mf_headers <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional> <set>
    <span> <string> <string_view> <thread> <utility> <variant> <vector>
    <boost/json/array.hpp> <boost/json/object.hpp> <boost/json/value.hpp> <fmt/format.h>)
function(mf_precompile target)
    if(target STREQUAL mf_base)
        target_precompile_headers(${target} PRIVATE ${mf_headers})
    else()
        target_precompile_headers(${target} REUSE_FROM mf_base)
    endif()
endfunction()

# What only tests, instead of mf_precompile: half of the time of a build went into optimising assertions that run once.
# The code under test is that of the programs, with their options.
function(mf_compile_quickly target)
    target_compile_definitions(${target} PRIVATE DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
    target_compile_options(${target} PRIVATE -O0)
    if(target STREQUAL mf_testing)
        target_precompile_headers(${target} PRIVATE ${mf_headers} <doctest/doctest.h> <fstream>)
    else()
        target_precompile_headers(${target} REUSE_FROM mf_testing)
    endif()
endfunction()
