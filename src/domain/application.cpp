// SPDX-License-Identifier: MIT
#include "domain/application.h"

namespace mf {

template <>
const Entity& entity_of<Application>() {
    using A = Application;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&A::uuid>("uuid", {.label = "UUID", .max_length = 64, .required = true, .listed = true}),
        field<&A::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&A::description>("description", {.label = "Description", .max_length = 65535}),
        field<&A::version>("version", {.label = "Version", .max_length = 64, .listed = true}),
        field<&A::executable>("executable", {.label = "Command", .max_length = 4096, .listed = true}),
        field<&A::arguments>("arguments", {.label = "Arguments", .max_length = 65535}),
        field<&A::enabled>("enabled", {.label = "Enabled", .listed = true}),
        field<&A::homepage>("homepage", {.label = "Home page", .max_length = 2048}),
        field<&A::ociimage>("ociimage", {.label = "Container image", .max_length = 512}),
        field<&A::image>("image", {.label = "Icon", .max_length = 1048576}),
        field<&A::code>("code", {.label = "Code", .max_length = 64}),
        field<&A::tags>("tags", {.label = "Tags", .max_length = 65535}),
        field<&A::requirements>("requirements", {.label = "Requirements", .max_length = 65535}),
        field<&A::setup>("setup", {.max_length = 65535}), field<&A::deploy>("deploy", {.max_length = 65535}),
        field<&A::resultfile>("resultfile", {.max_length = 1024}),
        field<&A::helmchart>("helmchart", {.max_length = 512}), field<&A::deffile>("deffile", {.max_length = 4096}),
        field<&A::definition>("definition", {.max_length = 8388608, .read_only = true}),
        field<&A::definition_sha256>("definition_sha256", {.max_length = 64, .read_only = true}),
        field<&A::max_parallel>("max_parallel",
                                {.label = "Parallel jobs", .help = "Jobs that may run at once on all nodes together"}),
        field<&A::live>("live", {.read_only = true}), field<&A::created_at>("created_at", {.read_only = true}),
        field<&A::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"application", "Application", fields};
    return entity;
}

template <>
const Entity& entity_of<ApplicationText>() {
    using T = ApplicationText;
    static constexpr auto fields = fields_of<T>(
        field<&T::id>("id", {.key = true}), field<&T::application_id>("application_id", {.references = "application"}),
        field<&T::lang>("lang", {.max_length = 35}), field<&T::name>("name"), field<&T::title>("title"),
        field<&T::description>("description", {.max_length = 65535}));
    static constexpr Entity entity{"application_text", "Translation", fields};
    return entity;
}

template <>
const Entity& entity_of<ApplicationField>() {
    using F = ApplicationField;
    static constexpr auto fields = fields_of<F>(
        field<&F::id>("id", {.key = true}), field<&F::application_id>("application_id", {.references = "application"}),
        field<&F::name>("name", {.max_length = 128}), field<&F::position>("position"),
        field<&F::type>("type", {.max_length = 32}), field<&F::category>("category", {.max_length = 64}),
        field<&F::description>("description", {.max_length = 65535}), field<&F::hint>("hint", {.max_length = 65535}),
        field<&F::defval>("defval", {.max_length = 262144}), field<&F::required>("required"),
        field<&F::secret>("secret"), field<&F::options>("options", {.max_length = 65535}),
        field<&F::constraints>("constraints", {.max_length = 65535}));
    static constexpr Entity entity{"application_field", "Environment variable", fields};
    return entity;
}

template <>
const Entity& entity_of<ApplicationArtifact>() {
    using A = ApplicationArtifact;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true}), field<&A::application_id>("application_id", {.references = "application"}),
        field<&A::path_key>("path_key", {.max_length = 64}), field<&A::position>("position"),
        field<&A::path>("path", {.max_length = 4096}), field<&A::type>("type", {.max_length = 32}),
        field<&A::name>("name", {.max_length = 65535}), field<&A::description>("description", {.max_length = 65535}));
    static constexpr Entity entity{"application_artifact", "Declared artifact", fields};
    return entity;
}

template <>
const Entity& entity_of<ApplicationExitCode>() {
    using C = ApplicationExitCode;
    static constexpr auto fields = fields_of<C>(
        field<&C::id>("id", {.key = true}), field<&C::application_id>("application_id", {.references = "application"}),
        field<&C::exit_code>("exit_code"), field<&C::severity>("severity", {.max_length = 16}),
        field<&C::retry>("retry"), field<&C::description>("description", {.max_length = 65535}));
    static constexpr Entity entity{"application_exit_code", "Exit code", fields};
    return entity;
}

template <>
const Entity& entity_of<ApplicationData>() {
    using D = ApplicationData;
    static constexpr auto fields = fields_of<D>(
        field<&D::id>("id", {.key = true}), field<&D::application_id>("application_id", {.references = "application"}),
        field<&D::direction>("direction", {.max_length = 16}), field<&D::name>("name", {.max_length = 128}),
        field<&D::format>("format", {.max_length = 32}), field<&D::required>("required"),
        field<&D::target>("target", {.max_length = 128}), field<&D::details>("details", {.max_length = 65535}));
    static constexpr Entity entity{"application_data", "Data exchanged with other applications", fields};
    return entity;
}

}  // namespace mf
