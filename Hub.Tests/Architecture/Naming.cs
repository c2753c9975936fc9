using System.Reflection;
using System.Reflection.Emit;

namespace Hub.Tests.Architecture;

/// <summary>Every type that a type names: in what it is, in its members, and in the bodies of its methods.</summary>
internal static class Naming
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes =
        typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    public static IEnumerable<Type> NamedTypes(this Type type) =>
        new[] { type.BaseType }.Concat(type.GetInterfaces()).Concat(Attributes(type)).Concat(type.GetMembers(Own).SelectMany(Of)).SelectMany(Parts).Distinct();

    // Properties and events are their methods.
    private static IEnumerable<Type?> Of(MemberInfo member) => Attributes(member).Concat(member switch
    {
        FieldInfo field => [field.FieldType],
        MethodBase method => [.. Signature(method), .. Body(method)],
        _ => [],
    });

    private static IEnumerable<Type?> Attributes(MemberInfo member) => member.GetCustomAttributesData().Select(a => a.AttributeType);

    private static IEnumerable<Type?> Signature(MethodBase method) =>
        [.. method.GetParameters().Select(p => p.ParameterType), (method as MethodInfo)?.ReturnType, .. method.IsGenericMethod ? method.GetGenericArguments() : []];

    private static IEnumerable<Type?> Body(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body) return [];
        return body.LocalVariables.Select(v => (Type?)v.LocalType).Concat(Tokens(body.GetILAsByteArray()!).SelectMany(t => Resolved(method, t)));
    }

    private static IEnumerable<Type?> Resolved(MethodBase within, int token)
    {
        var member = within.Module.ResolveMember(token, within.DeclaringType is { IsGenericType: true } g ? g.GetGenericArguments() : null, within.IsGenericMethod ? within.GetGenericArguments() : null);
        return member switch
        {
            Type type => [type],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            MethodBase method => [method.DeclaringType, .. Signature(method)],
            _ => [],
        };
    }

    // The tokens of types and members in a body's instructions (ECMA-335 III.1.2).
    private static IEnumerable<int> Tokens(byte[] il)
    {
        for (var at = 0; at < il.Length;)
        {
            var code = il[at] == 0xFE ? Codes[(short)(0xFE00 | il[at + 1])] : Codes[il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType) yield return BitConverter.ToInt32(il, at);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    // List<Message>[] names List and Message.
    private static IEnumerable<Type> Parts(Type? type) => type switch
    {
        null or { IsGenericParameter: true } => [],
        { HasElementType: true } => Parts(type.GetElementType()),
        { IsConstructedGenericType: true } => [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)],
        _ => [type],
    };
}
