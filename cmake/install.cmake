# cmake --install: programs, the links that are the server in one role, the manual pages, completions, schemas, the unit,
# an example of the settings file, and the probe with its definition.
include(GNUInstallDirs)
install(TARGETS multiflexi multiflexi-cli multiflexi-shim multiflexi-probe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(role scheduler executor eventor)
    install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/multiflexi-${role} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()

# The programs print these themselves, so they cannot differ from them.
set(pages ${CMAKE_BINARY_DIR}/pages)
file(MAKE_DIRECTORY ${pages})
function(mf_page program output destination name)
    add_custom_command(OUTPUT ${pages}/${output} COMMAND ${program} ${ARGN} > ${pages}/${output}
        DEPENDS ${program} VERBATIM)
    set_property(GLOBAL APPEND PROPERTY mf_pages ${pages}/${output})
    install(FILES ${pages}/${output} DESTINATION ${destination} RENAME ${name})
endfunction()
mf_page(multiflexi-cli multiflexi-cli.1 ${CMAKE_INSTALL_MANDIR}/man1 multiflexi-cli.1 help --man)
mf_page(multiflexi multiflexi.8 ${CMAKE_INSTALL_MANDIR}/man8 multiflexi.8 --man)
mf_page(multiflexi-cli bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions multiflexi-cli completion bash)
mf_page(multiflexi-cli zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions _multiflexi-cli completion zsh)
mf_page(multiflexi-cli fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d multiflexi-cli.fish completion fish)
get_property(pages_made GLOBAL PROPERTY mf_pages)
add_custom_target(pages ALL DEPENDS ${pages_made})
install(FILES ${CMAKE_SOURCE_DIR}/share/man/multiflexi-shim.8 ${CMAKE_SOURCE_DIR}/share/man/multiflexi-scheduler.8
    ${CMAKE_SOURCE_DIR}/share/man/multiflexi-executor.8 ${CMAKE_SOURCE_DIR}/share/man/multiflexi-eventor.8
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/share/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/multiflexi)
install(FILES ${CMAKE_SOURCE_DIR}/examples/probe/multiflexi-probe.multiflexi.app.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/multiflexi/applications)
install(FILES ${CMAKE_SOURCE_DIR}/share/multiflexi.env.example ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Of what is embedded.
install(FILES ${web_licence_files} DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences/swagger-ui)
# Debian 12 looks for units of packages in /lib; a prefix of its own keeps its own.
set(MULTIFLEXI_UNIT_DIRECTORY lib/systemd/system CACHE STRING "Where the systemd unit goes, below the prefix or absolute")
configure_file(${CMAKE_SOURCE_DIR}/share/systemd/multiflexi.service ${CMAKE_BINARY_DIR}/multiflexi.service.in COPYONLY)
install(CODE "
    file(READ \"${CMAKE_BINARY_DIR}/multiflexi.service.in\" unit)
    string(REPLACE \"/usr/bin/multiflexi\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/multiflexi\" unit \"\${unit}\")
    file(WRITE \"${CMAKE_BINARY_DIR}/multiflexi.service\" \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/multiflexi.service DESTINATION ${MULTIFLEXI_UNIT_DIRECTORY})
