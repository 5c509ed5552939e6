// Shows the description of the REST API to people.
'use strict';

const place = document.getElementById('reference');
SwaggerUIBundle({
    url: place.dataset.description,
    domNode: place,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    filter: true,
    // Nothing is sent elsewhere, and a token is forgotten with the page.
    validatorUrl: null,
    persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis],
});
