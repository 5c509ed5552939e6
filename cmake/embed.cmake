# mf_embed(target symbol file ...): the files become part of the target as
#     std::span<const mf::EmbeddedFile> mf::symbol();
# in the order given, under their bare file names. Declare that function where it is wanted (base/embedded.h).
# A changed file is embedded anew by the next build. Any bytes are allowed.

if(CMAKE_SCRIPT_MODE_FILE)
    # Called by the build: -DSYMBOL=, -DOUTPUT=, -DFILES= separated by '|'.
    string(REPLACE "|" ";" files "${FILES}")
    set(table "")
    set(count 0)
    foreach(file IN LISTS files)
        file(READ "${file}" bytes HEX)
        # One escape for each byte: nothing in a file can end the literal early.
        string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
        string(REGEX REPLACE "((\\\\x..)(\\\\x..)(\\\\x..)(\\\\x..)(\\\\x..)(\\\\x..)(\\\\x..)(\\\\x..))" "\"\\1\"\n" bytes "${bytes}")
        string(REGEX REPLACE "(^|\n)(\\\\x[^\"]*)$" "\\1\"\\2\"" bytes "${bytes}")
        get_filename_component(name "${file}" NAME)
        file(SIZE "${file}" size)
        file(SHA256 "${file}" sha256)
        string(APPEND contents "constexpr char content_${count}[] = \"\"\n${bytes};\n")
        string(APPEND table "    EmbeddedFile{\"${name}\", std::string_view(content_${count}, ${size}), \"${sha256}\"},\n")
        math(EXPR count "${count} + 1")
    endforeach()
    file(WRITE "${OUTPUT}" "// Made by cmake/embed.cmake.
#include \"base/embedded.h\"

#include <array>

namespace mf {
namespace {
${contents}
constexpr std::array<EmbeddedFile, ${count}> files{{
${table}}};
}  // namespace
std::span<const EmbeddedFile> ${SYMBOL}();
std::span<const EmbeddedFile> ${SYMBOL}() { return files; }
}  // namespace mf
")
    return()
endif()

function(mf_embed target symbol)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    set(files "")
    foreach(file IN LISTS ARGN)
        get_filename_component(file ${file} ABSOLUTE)
        list(APPEND files ${file})
    endforeach()
    list(JOIN files "|" joined)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DOUTPUT=${output} "-DFILES=${joined}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
    # Large, made anew alone, and with the same names in each.
    set_source_files_properties(${output} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
