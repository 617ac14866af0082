namespace Aivo.Gateway.Tests.Configuration;

/// <summary>Policies that do not hold, under a name and in a route's metadata.</summary>
internal static class BadPolicies
{
    private const string Route = "ReverseProxy:Routes:orders";
    private const string Policy = "Gateway:Policies:staff";

    public static readonly BadConfiguration[] All =
    [
        new("a policy that is a text", Policy, "where a section belongs", (Policy, "instructor")),
        new("a policy without roles", $"{Policy}:Roles", "is empty", ($"{Policy}:Roles", "")),
        new("a policy with a role twice", $"{Policy}:Roles", "is there twice", ($"{Policy}:Roles:0", "instructor"), ($"{Policy}:Roles:1", "Instructor")),
        new("one role where a list belongs", $"{Policy}:Roles", "where a list belongs", ($"{Policy}:Roles", "instructor")),
        new("a misspelt member of a policy", $"{Policy}:Rolls", "Gateway:Policies:staff has: Claims, PassRoles, Roles", ($"{Policy}:Rolls:0", "instructor"), ($"{Policy}:Roles:0", "instructor")),
        new("a policy named default", "Gateway:Policies:Default", "means something else already", ("Gateway:Policies:Default:Roles:0", "instructor")),
        new("a policy named anonymous", "Gateway:Policies:anonymous", "means something else already", ("Gateway:Policies:anonymous:Roles:0", "instructor")),
        new("a policy whose name has a space", "Gateway:Policies:the staff", "Begin with a letter", ("Gateway:Policies:the staff:Roles:0", "instructor")),
        new("a claim without a condition", $"{Policy}:Claims:plan", "exactly one of Equals, OneOf and Exists", ($"{Policy}:Claims:plan:Equals", null), ($"{Policy}:Claims:plan:OneOf:0", "a"), ($"{Policy}:Claims:plan:Exists", "true")),
        new("a claim that need not exist", $"{Policy}:Claims:plan:Exists", "asks nothing", ($"{Policy}:Claims:plan:Exists", "false")),
        new("a claim that equals nothing", $"{Policy}:Claims:plan:Equals", "is empty", ($"{Policy}:Claims:plan:Equals", "")),
        new("a claim that is one of none", $"{Policy}:Claims:plan:OneOf", "is empty", ($"{Policy}:Claims:plan:OneOf", "")),
        new("a claim's condition that does not exist", $"{Policy}:Claims:plan:Matches", "Equals, Exists, OneOf", ($"{Policy}:Claims:plan:Matches", "^a"), ($"{Policy}:Claims:plan:Equals", "a")),
        new("two scopes in one text", $"{Policy}:Scopes", "RFC 6749", ($"{Policy}:Scopes:0", "read write")),
        new("a tenant by its name", $"{Policy}:Tenants", "UUID", ($"{Policy}:Tenants:0", "north-school")),
        new("roles that pass what is not there", $"{Policy}:PassRoles", "without RouteClaims", ($"{Policy}:PassRoles:0", "tenant_admin")),
        new("a parameter that equals no claim", $"{Policy}:RouteClaims:id", "not the name of a claim", ($"{Policy}:RouteClaims:id", "learner uid")),
        new("a named policy about a parameter that the path does not have", $"{Route}:AuthorizationPolicy", "'learnerId', which the route's path does not have (/orders/{**rest})",
            ($"{Policy}:RouteClaims:learnerId", "learner_uid"), ($"{Route}:AuthorizationPolicy", "staff")),
        new("a policy that does not exist", $"{Route}:AuthorizationPolicy", "which has: staff", ($"{Policy}:Roles:0", "instructor"), ($"{Route}:AuthorizationPolicy", "staf")),
        new("a faulty policy in use", $"{Policy}:Tenants", "UUID", ($"{Policy}:Tenants:0", "north-school"), ($"{Route}:AuthorizationPolicy", "staff")),
        new("roles on an open route", $"{Route}:Metadata:Roles", "open to everyone", ($"{Route}:AuthorizationPolicy", "anonymous"), ($"{Route}:Metadata:Roles", "instructor")),
        new("claims on an open route", $"{Route}:Metadata:Claims", "open to everyone", ($"{Route}:AuthorizationPolicy", "Anonymous"), ($"{Route}:Metadata:Claims", "plan")),
        new("an empty list of roles", $"{Route}:Metadata:Roles", "is empty", ($"{Route}:Metadata:Roles", " ")),
        new("a list of roles with a gap", $"{Route}:Metadata:Roles", "has an empty part", ($"{Route}:Metadata:Roles", "instructor,,learner")),
        new("a role twice", $"{Route}:Metadata:Roles", "has 'Learner' twice", ($"{Route}:Metadata:Roles", "learner, Learner")),
        new("a claim without a value after its sign", $"{Route}:Metadata:Claims", "has an empty part", ($"{Route}:Metadata:Claims", "plan=")),
        new("a claim without a name", $"{Route}:Metadata:Claims", "has an empty part", ($"{Route}:Metadata:Claims", "=gold")),
        new("a claim twice", $"{Route}:Metadata:Claims", "has 'Plan' twice", ($"{Route}:Metadata:Claims", "plan=gold; Plan=silver")),
        new("a claim that cannot be one", $"{Route}:Metadata:Claims", "not the name of a claim", ($"{Route}:Metadata:Claims", "my plan=gold")),
        new("a claim's value twice", $"{Route}:Metadata:Claims", "has 'gold' twice", ($"{Route}:Metadata:Claims", "plan=gold|gold")),
        new("a parameter that the path does not have", $"{Route}:Metadata:RouteClaims", "/{learnerId}/", ($"{Route}:Metadata:RouteClaims", "learnerId=learner_uid")),
        new("a parameter without a claim", $"{Route}:Metadata:RouteClaims", "without '='", ($"{Route}:Metadata:RouteClaims", "rest")),
        new("roles that pass, and nothing else", $"{Route}:Metadata:RouteClaims", "names no parameter", ($"{Route}:Metadata:RouteClaims", "pass=instructor")),
    ];
}
