# Third-party files of pages come from npm (web/package.json); scripts/setup fetches them, the build embeds them.

# Asked at each build, so that files that arrive later are found.
file(GLOB web_package_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/node_modules/swagger-ui-dist/package.json)
set(swagger_ui ${CMAKE_SOURCE_DIR}/web/node_modules/swagger-ui-dist)
set(web_reference_files "")
set(web_licence_files "")
if(MULTIFLEXI_WEB AND web_package_files)
    set(web_reference_files ${swagger_ui}/swagger-ui-bundle.js ${swagger_ui}/swagger-ui.css
        ${CMAKE_SOURCE_DIR}/web/reference/reference.js ${CMAKE_SOURCE_DIR}/web/reference/reference.css)
    set(web_licence_files ${swagger_ui}/LICENSE ${swagger_ui}/NOTICE ${swagger_ui}/swagger-ui-bundle.js.LICENSE.txt)
elseif(MULTIFLEXI_WEB)
    message(WARNING "The files of web/package.json are not there (scripts/setup fetches them with npm): the programs are "
                    "built without pages. -DMULTIFLEXI_WEB=OFF says that this is meant.")
endif()
