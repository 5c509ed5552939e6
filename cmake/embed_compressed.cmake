# mf_embed_compressed(target symbol file ...): as mf_embed, but each file is compressed first and called "<name>.gz":
# what mf::http::StaticFiles serves. The same file gives the same bytes.

if(CMAKE_SCRIPT_MODE_FILE)
    # Called by the build: -DINPUT=, -DOUTPUT=.
    file(ARCHIVE_CREATE OUTPUT "${OUTPUT}" PATHS "${INPUT}" FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9
         MTIME "2000-01-01 UTC")
    return()
endif()

function(mf_embed_compressed target symbol)
    set(packed "")
    foreach(file IN LISTS ARGN)
        get_filename_component(name ${file} NAME)
        set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}/${name}.gz)
        file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol})
        add_custom_command(OUTPUT ${output}
            COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed_compressed.cmake
            DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/embed_compressed.cmake
            VERBATIM)
        list(APPEND packed ${output})
    endforeach()
    mf_embed(${target} ${symbol} ${packed})
endfunction()
